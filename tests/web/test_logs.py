import json
import subprocess
import sys

import pytest

from hotline.web import logs


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("call from +8613812348000", "call from +86138****8000"),
        ("caller 13812348000 rang", "caller 13****000 rang"),
        ("138 1234 8000", "13****000"),
        ("tel 010-12345678.", "tel 01****678."),
        ("from 12355 to 110", "from 12355 to 110"),
        ("at 2026-11-22 10:09:13", "at 2026-11-22 10:09:13"),
        ("CA00112233445566778899aabbccddeeff", "CA00112233445566778899aabbccddeeff"),
    ],
)
def test_whatever_looks_like_a_telephone_number_is_masked(said: str, kept: str) -> None:
    assert logs.mask_numbers(None, "info", {"event": said}) == {"event": kept}


def test_numbers_are_found_at_any_depth() -> None:
    event = {"event": "x", "details": {"to": ["+8613812348000"], "tries": 3}}
    masked = logs.mask_numbers(None, "info", event)
    assert masked["details"] == {"to": ["+86138****8000"], "tries": 3}


def test_a_line_is_one_json_object_and_libraries_speak_the_same() -> None:
    program = (
        "import logging, structlog; from hotline.web import logs; logs.configure();"
        "structlog.get_logger('x').info('rang', to='+8613812348000');"
        "logging.getLogger('library').warning('slow %s', '+8613812348000');\n"
        "try: 1/int('0')\n"
        "except ZeroDivisionError: structlog.get_logger('x').exception('failed')"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stderr
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line["event"] for line in lines] == ["rang", "slow +86138****8000", "failed"]
    assert lines[0]["to"] == "+86138****8000"
    assert "ZeroDivisionError" in lines[2]["exception"]
