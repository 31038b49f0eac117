"""Where the test of one contact stands."""

import enum

from hotline.states import Moves


class ContactTestStatus(enum.StrEnum):
    """`reached`: the SMS was delivered and nobody has confirmed it, which is the most that a contact who
    takes no calls can do by themselves. `silent`: no answer to any attempt."""

    waiting = "waiting"
    asked = "asked"
    answered = "answered"
    reached = "reached"
    silent = "silent"
    off_duty = "off_duty"


class ContactTestEvent(enum.StrEnum):
    """What can happen to it."""

    ask = "ask"
    again = "again"
    confirm = "confirm"
    deliver = "deliver"
    give_up = "give_up"
    skip = "skip"


S, E = ContactTestStatus, ContactTestEvent
CONTACT_TEST_MOVES: Moves[ContactTestStatus, ContactTestEvent] = Moves(
    "contact test",
    {
        (S.waiting, E.ask): S.asked,
        (S.waiting, E.skip): S.off_duty,
        (S.asked, E.again): S.waiting,
        (S.asked, E.deliver): S.reached,
        (S.asked, E.give_up): S.silent,
        # A key may come after the network has said that the call is over, and whoever had only the SMS
        # calls back hours later: a late confirmation counts, a second one changes nothing.
        **{(state, E.confirm): S.answered for state in S},
    },
)

OPEN = (ContactTestStatus.waiting, ContactTestStatus.asked)
