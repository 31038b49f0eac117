import datetime as dt

from hotline import clock


def test_the_clock_is_aware_and_in_utc():
    assert clock.now().utcoffset() == dt.timedelta(0)


def test_the_clock_moves_and_comes_back():
    before = clock.now()
    clock.shift(dt.timedelta(hours=1))
    clock.shift(dt.timedelta(minutes=-1))
    assert dt.timedelta(minutes=59) <= clock.now() - before < dt.timedelta(minutes=60)
    clock.reset()
    assert clock.now() - before < dt.timedelta(minutes=1)
