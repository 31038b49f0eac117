"""What is said, written down by the network: beside the recording, found again, and deciding nothing."""

import pytest

from hotline import config
from tests.journeys.looks import reports


@pytest.fixture
def listened(line, monkeypatch):
    """The line, with the network writing down what is said."""
    changed = config.current().model_copy(update={"transcription": "network"})
    monkeypatch.setattr(config, "_current", changed)
    return line


def test_a_statement_is_on_the_report_as_text_marked_as_machine_made_and_can_be_found(listened):
    line = listened
    caller = line.caller.dial("12355").hears("儿童保护热线").stays_silent()
    caller.hears("正在为你接通值班员").presses("2").hears("听到嘀的一声").stays_silent()
    caller.says(text="杏花社区三号楼，有人打孩子").presses("#").waits().hears("再见")
    caller.is_hung_up_on()
    line.settles()

    [report] = reports()
    assert report["urgency"] is None, "a machine's words decide nothing"
    officer = line.officer().opens(f"/reports/{report['number']}/transcripts")
    officer.sees("杏花社区三号楼，有人打孩子", "机器转写")
    officer.opens("/recordings").sends("/recordings", words="三号楼").sees(report["number"])


def test_both_sides_of_a_conversation_are_told_apart(listened):
    line = listened
    line.caller.dial("12355").hears("儿童保护热线").stays_silent().hears("正在为你接通值班员")
    line.officers_ring().answers().hears("接听请按1").presses("1").hears("正在接通")
    line.works()
    line.caller.is_with(line.officers_phone)
    line.officers_phone.says(text="孩子现在在哪里")
    line.caller.says(text="在楼下").hangs_up()
    line.settles()

    officer = line.officer().opens(f"/reports/{reports()[0]['number']}/transcripts")
    officer.sees("孩子现在在哪里", "在楼下", "来电人", "热线")
