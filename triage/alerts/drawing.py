"""The policies as a page: how an alert travels, drawn (docs/policy.md)."""

from collections.abc import Iterator

from triage.alerts.policy import Book, Policy, Step, Who

WORDS = {
    Who.acknowledger: "whoever acknowledged",
    Who.first: "first contact on hand",
    Who.second: "second contact on hand",
    Who.third: "third contact on hand",
    Who.superior: "first contact of the agency above",
    Who.officers: "officers on duty",
    Who.supervisors: "supervisors on duty",
}

HEAD = """# How an alert travels

Every policy as it is configured in `triage/alerts/policy.toml` (or in the operator's own file,
`ALERT_POLICY`), drawn by `hotline policy draw`; a test holds that this page is what that command prints. The
first policy whose conditions fit is followed.

How to read it: a box is an attempt and says whom and how; beside the arrow stands how long it is given
before the next, which follows at once where all its messages have failed. A step for which there is nobody
is passed over and written down. From every box an acknowledgement by a named person leads to the end;
nothing else does, least of all "delivered" or "completed".
"""


def page(book: Book, usual_wait: int) -> str:
    """Every policy with its drawing, as Markdown; `usual_wait` (seconds) is ALERT_ACK_SECONDS."""
    return "\n".join([HEAD, *(_chapter(policy, usual_wait) for policy in book.policies)])


def _chapter(policy: Policy, usual: int) -> str:
    drawing = "\n".join(["flowchart TD", *_lines(policy, usual)])
    about = "; ".join(_conditions(policy))
    return (
        f"## {policy.name}\n\n{about}.\n\n```mermaid\n{drawing}\n```\n\n{_after(policy, usual)}\n"
    )


def _conditions(policy: Policy) -> Iterator[str]:
    yield f"For the {policy.purpose}"
    if policy.places:
        yield f"in {', '.join(policy.places)} and below"
    if policy.situations:
        yield f"about {', '.join(policy.situations)}"
    if policy.unconditional:
        yield "wherever and whatever it is about"


def _lines(policy: Policy, usual: int) -> Iterator[str]:
    steps = policy.attempts
    for number, step in enumerate(steps):
        follows = f"s{number + 1}" if number + 1 < len(steps) else "alarm"
        yield f'    s{number}["{_said(step)}"] -->|{_time(step.wait or usual)}| {follows}'
    alarm = policy.alarm
    said = f"alarm: {WORDS[alarm.contact]}<br/>{' + '.join(alarm.channels)}"
    yield f'    alarm[["{said}"]] -->|again after {_time(alarm.wait or usual)}| alarm'
    yield f"    alarm -->|heard: again after {_time(alarm.heard_wait)}| alarm"


def _said(step: Step) -> str:
    return f"{WORDS[step.contact]}<br/>{' + '.join(step.channels)}"


def _after(policy: Policy, usual: int) -> str:
    called = ", then ".join(
        f"{WORDS[step.contact]} ({_time(step.wait or usual)})" for step in policy.news_attempts
    )
    news = f"News goes by SMS to everybody who had a message, and is heard by: {called}; then the alarm."
    if policy.asking is None:
        return news
    asking = policy.asking
    return (
        f"{news}\n\nFeedback is asked for {_time(asking.first)} after the acknowledgement, then "
        f"{_time(asking.again)} after each word or question; after {asking.times} questions in vain officers "
        "are told."
    )


def _time(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{seconds} s" if rest or minutes < 2 else f"{minutes} min"
