"""How long the network, and with it the caller, waited for each of our answers.

An answer's time is known only when its transaction is over. So it travels in the URLs that the answer
leads to, like everything else of a call, and the step that comes back by one of them writes it down: no
further statement, and no matter which process answers next.
"""

import datetime as dt
import re
from collections.abc import Mapping

from hotline import clock

ASKED = "asked"
"""When the network first asked, in our own query: milliseconds since 1970. A caller who is told "one
moment, please" has waited since then."""
TOOK = "took"

_STEP = re.compile(r'/ivr/step\?[^#"<]*')


def first_asked(args: Mapping[str, str]) -> dict[str, str]:
    """The query of a webhook that has just come, with the moment at which its answer was first wanted."""
    return {ASKED: str(_milliseconds(clock.now())), **args}


def told(document: str, args: Mapping[str, str]) -> str:
    """The document that answers a webhook, telling the steps it leads to how long it took."""
    asked = _number(args.get(ASKED))
    if asked is None:
        return document
    took = max(0, _milliseconds(clock.now()) - asked)
    return _STEP.sub(rf"\g<0>&amp;{TOOK}={took}", document)


def took(args: Mapping[str, str]) -> int | None:
    """Milliseconds that the answer took by which this step comes; None if it is not known."""
    return _number(args.get(TOOK), most_digits=8)


def _number(text: str | None, most_digits: int = 15) -> int | None:
    is_number = text and text.isascii() and text.isdigit() and len(text) <= most_digits
    return int(text) if text and is_number else None


def _milliseconds(moment: dt.datetime) -> int:
    return int(moment.timestamp() * 1000)
