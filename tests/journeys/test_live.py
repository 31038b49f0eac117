"""An open console hears of a call within a second, without asking."""

import queue
import threading
import time

import pytest


@pytest.fixture
def notices(line):
    """What an officer's open page is told: (event, moment), as it comes."""
    heard: queue.SimpleQueue[tuple[str, float]] = queue.SimpleQueue()
    officer = line.officer()
    stream = officer.browser.get(
        f"{officer.base}/live", headers={"Accept": "text/event-stream"}, stream=True, timeout=10
    )
    assert stream.status_code == 200

    def listen():
        for text in stream.iter_lines(chunk_size=1, decode_unicode=True):
            if text.startswith("event: "):
                heard.put((text.removeprefix("event: "), time.monotonic()))
            if over.is_set():
                return

    over = threading.Event()
    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    yield heard
    over.set()
    listener.join(5)
    stream.close()
    assert not listener.is_alive()


def _waits_for(notices, wanted):
    while True:
        event, at = notices.get(timeout=5)
        if event == wanted:
            return at


def test_a_call_is_on_the_console_within_a_second(line, notices):
    began = time.monotonic()
    line.caller.dial("12355").hears("儿童保护热线")
    answered = time.monotonic()
    assert _waits_for(notices, "report") - answered < 1
    assert answered > began
    line.caller.hangs_up()


def test_each_step_to_the_police_is_told(line, notices):
    number = line.emergency()
    _waits_for(notices, "recording")
    line.officer().forwards(number)
    _waits_for(notices, "alert")
    while not notices.empty():
        notices.get()
    line.works()
    line.network.settles()
    _waits_for(notices, "alert")
