"""What each failure of a request means."""

import pytest

from hotline import troubles
from hotline.troubles import Trouble


@pytest.mark.parametrize(
    ("status", "code", "trouble"),
    [
        (429, "20429", Trouble.throttled),
        (429, "429", Trouble.throttled),
        (401, "20003", Trouble.account),
        (403, "403", Trouble.account),
        (400, "20005", Trouble.account),
        (402, "402", Trouble.account),
        (400, "21408", Trouble.barred),
        (400, "21606", Trouble.barred),
        (400, "21211", Trouble.refused),
        (400, "21614", Trouble.refused),
        (400, "21610", Trouble.refused),
        (400, "400", Trouble.barred),
        (400, "21603", Trouble.barred),
        (408, "408", Trouble.unanswered),
        (500, "500", Trouble.unanswered),
        (503, "20503", Trouble.unanswered),
    ],
)
def test_the_networks_code_counts_before_the_status(status, code, trouble):
    assert troubles.trouble(status, code) is trouble


def test_every_trouble_has_its_treatment():
    assert set(troubles.TREATMENT) == set(Trouble)
    for treatment in troubles.TREATMENT.values():
        assert bool(treatment.urgent) == bool(treatment.others) == treatment.retry
        assert treatment.elsewhere or not treatment.retry


def test_only_what_was_not_answered_may_have_been_carried_out():
    perhaps = {one for one, what in troubles.TREATMENT.items() if what.perhaps_taken}
    assert perhaps == {Trouble.unanswered}
