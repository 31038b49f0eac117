"""People with a second factor, below the pages."""

import pyotp

from hotline import clock, db
from hotline.accounts import factors, service
from hotline.accounts.models import Means, SecondFactor
from hotline.accounts.service import Person
from hotline.audit import SYSTEM
from tests.accounts import console

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def someone(username: str = "wang") -> Person:
    """Somebody who has just signed in with the password."""
    with db.transaction() as session:
        token = service.sign_in(session, username, console.PASSWORD, "10.0.0.7")
        person = service.person_behind(session, token or "", present=True)
    assert person
    return person


def app(person: Person) -> list[str]:
    """An authenticator app for `person`, whose codes count from the next step on: the recovery codes."""
    now = int(clock.now().timestamp()) // factors.STEP_SECONDS
    app = SecondFactor(kind=Means.totp, name="手机", secret=SECRET, last_step=now)
    with db.transaction() as session:
        return factors.add(session, SYSTEM, person, app)


def code(steps: int = 0) -> str:
    """What the app shows, `steps` of 30 seconds from now."""
    totp = pyotp.TOTP(SECRET)
    return totp.generate_otp(int(clock.now().timestamp()) // factors.STEP_SECONDS + steps)
