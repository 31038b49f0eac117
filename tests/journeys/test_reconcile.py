"""What the network knows and we do not."""

import datetime as dt

from ivr import calls, reconcile
from tests.journeys import looks

TWO_HOURS = dt.timedelta(hours=2)


def test_a_call_whose_webhooks_were_all_lost_is_filed_from_the_networks_list(line):
    nowhere = f"{line.settings.public_url}/nowhere"
    line.network.line("12355", voice_url=nowhere, fallback_url=nowhere, status_callback=nowhere)
    line.caller.dial("12355").is_hung_up_on()
    line.network.settles()
    line.network.forgets()
    assert looks.reports() == []

    assert reconcile.run(TWO_HOURS) == reconcile.Found(calls=1, recordings=0)

    [report] = looks.reports()
    assert report["caller"] == "+86100****0001"
    assert report["status"] == "waiting"
    assert reconcile.run(TWO_HOURS) == reconcile.Found(calls=0, recordings=0)
    assert len(looks.reports()) == 1


def test_the_end_of_a_call_and_a_recording_nobody_told_us_of(line, monkeypatch):
    # The recording is told of twice: by its own callback, and by the step after it. Both are lost.
    line.network.faults(callbacks_dropped=1.0)
    monkeypatch.setattr(calls, "_announce_recording", lambda *_: None)
    line.caller.dial("12355").hears("按1").presses("1")
    line.no_officer_takes_it()
    line.caller.hears("听到嘀的一声").says(text="三号楼有人在打孩子").hangs_up()
    line.network.settles()
    line.network.heals()
    assert [call.status for call in looks.calls()] == ["in_progress"]
    assert looks.reports()[0]["recordings"] == []

    assert reconcile.run(TWO_HOURS) == reconcile.Found(calls=0, recordings=1)
    line.settles()

    [report] = looks.reports()
    assert [one["status"] for one in report["recordings"]] == ["stored"]
    assert [call.status for call in looks.calls()] == ["completed"]
    assert reconcile.run(TWO_HOURS) == reconcile.Found(calls=0, recordings=0)
