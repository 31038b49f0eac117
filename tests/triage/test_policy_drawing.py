"""The policies in force are drawn, and the page in the docs is that drawing."""

from pathlib import Path

from triage.alerts import drawing, policy
from triage.alerts.policy import Who

PAGE = Path(__file__).parents[2] / "docs" / "policy.md"
USUAL_WAIT = 60


def test_the_page_is_what_the_command_prints(database):
    assert PAGE.read_text("utf-8") == drawing.page(policy.load(), USUAL_WAIT), (
        "run: hotline policy draw > docs/policy.md"
    )


def test_every_step_of_every_policy_is_drawn(database):
    page = drawing.page(policy.load(), USUAL_WAIT)
    for one in policy.load().policies:
        [chapter] = [part for part in page.split("## ")[1:] if part.startswith(f"{one.name}\n")]
        assert chapter.count(" -->|") == len(one.attempts) + 2
        for step in one.attempts:
            assert drawing.WORDS[step.contact] in chapter


def test_there_is_a_word_for_everybody():
    assert set(drawing.WORDS) == set(Who)
