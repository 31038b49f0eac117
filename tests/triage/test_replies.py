"""What is understood of a text message from the police, and what is not."""

import pytest

from triage.alerts.replies import acknowledges, understood
from triage.alerts.states import Feedback


@pytest.mark.parametrize(("key", "said"), list(zip("12345", Feedback, strict=True)))
@pytest.mark.parametrize("text", ["1234 {}", "1234,{}", "代码1234收到 {}。", "1234#{}#"])
def test_the_last_digit_after_the_code_is_the_key(text, key, said):
    assert understood(text.format(key)) is said


@pytest.mark.parametrize(
    "text", ["1234", "1234 6", "1234 12", "1234 5分钟后到", "1 1234", "12345 1"]
)
def test_other_digits_say_nothing(text):
    assert understood(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1234在途", Feedback.on_the_way),
        ("1234 民警已到场", Feedback.on_the_spot),
        ("1234 安全", Feedback.safe),
        ("1234 现场未找到", Feedback.not_found),
        ("1234 找不到孩子", Feedback.not_found),
        ("1234 没找到,需协助", Feedback.needs_others),
        ("1234 已到达现场,孩子安全", Feedback.safe),
        ("1234收到", None),
    ],
)
def test_words_say_where_they_stand(text, said):
    assert understood(text) is said


@pytest.mark.parametrize(
    "text",
    ["1234 孩子不安全", "1234 无法确认孩子安全", "1234 孩子安全吗", "1234 未到现场", "1234 安全?"],
)
def test_a_negation_or_a_question_is_never_taken_for_good_news(text):
    assert understood(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "1234不是我们辖区",
        "收到 代码1234 我们不去",
        "1234 非我所辖区",
        "1234 找不到,不归我们管",
        "1234 请转青禾所",
        "1234 发错了",
        "1234 拒收",
        "1234 没有警力,无法出警",
        "1234 不能出警",
        "1234 孩子不安全",
        "1234 到现场了吗",
        "1234 什么事?",
        "1234 你是谁",
    ],
)
def test_what_may_mean_that_nobody_comes_is_no_acknowledgement(text):
    assert not acknowledges(text)


@pytest.mark.parametrize(
    "text",
    [
        "1234",
        "1234收到",
        "辖区民警已出警1234",
        "1234 3",
        "1234 没找到",
        "1234 5分钟后到",
        "OK 1234",
    ],
)
def test_whoever_takes_it_needs_no_set_words(text):
    assert acknowledges(text)
