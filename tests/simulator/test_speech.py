"""Typed text becomes sound, in the voice of its language."""

import pytest

from hotline.simulator.speech import spoken

TEXT = "小朋友，唔使驚，呢度有人幫你。"


def test_cantonese_is_spoken_as_cantonese():
    cantonese = spoken(TEXT, "yue-CN")
    assert cantonese != spoken(TEXT, "cmn-CN")
    assert cantonese == spoken(TEXT, "yue")


@pytest.mark.parametrize("language", ["zh", "cmn-CN", "nosuch", ""])
def test_a_language_that_is_not_known_is_spoken_as_mandarin(language):
    assert spoken(TEXT, language) == spoken(TEXT)


def test_english_is_spoken_as_english():
    assert spoken("help", "en-US") == spoken("help", "en") != spoken("help")
