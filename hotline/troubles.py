"""What a request that failed means, and what is done about it: one table.

After the network's own list of errors. A code that is not in it is judged by its HTTP status.
"""

import datetime as dt
import enum
from dataclasses import dataclass


class Trouble(enum.StrEnum):
    """Why a network has not taken a request."""

    throttled = "throttled"
    """Too many at once: it was not processed (429 / 20429)."""
    away = "away"
    """Nobody there: the request never arrived."""
    unanswered = "unanswered"
    """It arrived, or may have, and no proper answer came: it may have been carried out all the same."""
    account = "account"
    """Our account is refused: nothing will go through this network before a person has seen to it."""
    barred = "barred"
    """Not from our number, or not to that country, by this network; another one may."""
    refused = "refused"
    """It would be refused again: no number, no mobile, opted out."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """What is done about a trouble. The waits are seconds before the second, third … attempt, the last one
    before each further: `urgent` for alerts and pages, which live for minutes, `others` for the rest."""

    retry: bool
    elsewhere: bool
    """Whether another network may take what this one has not."""
    perhaps_taken: bool
    failing: bool
    """Whether the network itself counts as failing."""
    urgent: tuple[int, ...]
    others: tuple[int, ...]


_SOON, _SLOWLY = (1, 2, 4, 7, 10, 15), (2, 5, 10, 20, 40, 60, 120)
TREATMENT = {
    Trouble.throttled: Treatment(
        retry=True,
        elsewhere=True,
        perhaps_taken=False,
        failing=False,
        urgent=(1, 2, 3, 5, 8),
        others=(5, 10, 20, 40, 60, 120),
    ),
    Trouble.away: Treatment(
        retry=True,
        elsewhere=True,
        perhaps_taken=False,
        failing=True,
        urgent=_SOON,
        others=_SLOWLY,
    ),
    Trouble.unanswered: Treatment(
        retry=True,
        elsewhere=True,
        perhaps_taken=True,
        failing=True,
        urgent=_SOON,
        others=_SLOWLY,
    ),
    # A token may be in the middle of being changed, or an account topped up.
    Trouble.account: Treatment(
        retry=True,
        elsewhere=True,
        perhaps_taken=False,
        failing=True,
        urgent=(2, 5, 10, 20, 30),
        others=(30, 60, 120, 300),
    ),
    Trouble.barred: Treatment(
        retry=False, elsewhere=True, perhaps_taken=False, failing=False, urgent=(), others=()
    ),
    Trouble.refused: Treatment(
        retry=False, elsewhere=False, perhaps_taken=False, failing=False, urgent=(), others=()
    ),
}

BY_CODE = {
    "20429": Trouble.throttled,
    "10001": Trouble.account,  # account not active
    "20003": Trouble.account,  # credentials
    "20005": Trouble.account,  # account not active
    "21210": Trouble.barred,  # the number that would be shown is not verified
    "21212": Trouble.barred,  # … is no number
    "21215": Trouble.barred,  # calls to that country are not permitted
    "21408": Trouble.barred,  # SMS to that country are not permitted
    "21606": Trouble.barred,  # not our number, or it cannot send SMS
    "21612": Trouble.barred,  # no way from that number to this one
    "21659": Trouble.barred,  # not a number of that country
    "21211": Trouble.refused,  # the number to be reached is none
    "21214": Trouble.refused,  # … cannot be reached
    "21217": Trouble.refused,  # … does not seem to be one
    "21220": Trouble.refused,  # the call is over
    "21602": Trouble.refused,  # no text
    "21610": Trouble.refused,  # opted out
    "21614": Trouble.refused,  # no mobile
    "21617": Trouble.refused,  # too long
}
BY_STATUS = {
    401: Trouble.account,
    402: Trouble.account,
    403: Trouble.account,
    408: Trouble.unanswered,
    429: Trouble.throttled,
}

# What a carrier reports later of an SMS that it had taken, and after which the same SMS may arrive when
# sent anew: its queue was full (30001), the handset was off or out of reach (30003), no reason given
# (30008). Not after 30004 blocked, 30005 no such handset, 30006 a landline, 30007 filtered.
WORTH_SENDING_AGAIN = frozenset({"30001", "30003", "30008"})


def trouble(status: int, code: str) -> Trouble:
    """The class of an answer that is no success, by the network's own code or else its HTTP status."""
    if code in BY_CODE:
        return BY_CODE[code]
    # What nobody has listed may be a fault of our account there: that must not keep another network from it.
    return BY_STATUS.get(status, Trouble.unanswered if status >= 500 else Trouble.barred)


def wait(kind: Trouble, attempts: int, *, urgent: bool, asked: float = 0) -> dt.timedelta:
    """How long to wait after the attempt with this number (from 1) before the next. `asked` is what the
    network itself has asked for, in seconds; it is honoured up to our own longest wait."""
    treatment = TREATMENT[kind]
    waits = treatment.urgent if urgent else treatment.others
    usual = waits[min(attempts, len(waits)) - 1]
    return dt.timedelta(seconds=max(usual, min(asked, waits[-1])))
