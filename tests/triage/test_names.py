import pytest

from triage import addresses, names
from triage.addresses import Address
from triage.names import Likeness


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("李小雨", "李 小雨", Likeness.same),
        ("阿依古丽·买买提", "阿依古丽买买提", Likeness.same),
        ("Li Xiaoyu", "li xiaoyu", Likeness.same),
        ("李小雨", "黎晓宇", Likeness.same_sound),
        ("单晓宇", "山晓宇", Likeness.different),
        ("刘宁", "牛玲", Likeness.near_sound),
        ("陈晨", "程成", Likeness.near_sound),
        ("胡芳", "付芳", Likeness.near_sound),
        ("张欣怡", "臧星宜", Likeness.near_sound),
        ("李小雨", "小雨", Likeness.same_given),
        ("阿依古丽·买买提", "阿依古丽", Likeness.same_given),
        ("小雨", "小雨", Likeness.same_given),
        ("李小雨", "晓宇", Likeness.given_sound),
        ("李小雨", "雨雨", Likeness.nickname),
        ("阿语", "李小雨", Likeness.nickname),
        ("李小雨", "雨儿", Likeness.nickname),
        ("李小雨", "李小风", Likeness.half),
        ("李小雨", "张小雨", Likeness.other_family),
        ("欧阳娜娜", "欧阳拉拉", Likeness.near_sound),
        ("李小雨", "李大伟", Likeness.different),
        ("李小雨", "张大伟", Likeness.different),
        ("小雨", "大伟", Likeness.different),
        ("李小雨", None, None),
        ("", "李小雨", None),
        ("·", "李小雨", None),
    ],
)
def test_how_two_names_go_together(one, other, likeness):
    assert names.likeness(one, other) is likeness
    assert names.likeness(other, one) is likeness


def test_what_most_children_are_called():
    assert names.is_common("王子轩")
    assert names.is_common("紫萱")
    assert not names.is_common("李小雨")


@pytest.mark.parametrize(
    "said",
    [
        "幸福里3号楼2单元301室",
        "幸福里小区三号楼二单元三〇一",
        "云溪区长桥街道杏花社区 幸福里3栋301",
        "幸福里3-2-301",
        "幸福里 3 幢 301 号",
        "辛福里3#301",
        "幸福里３座３０１",
    ],
)
def test_one_door_in_many_ways(said):
    assert addresses.parsed(said) == Address("xin fu li", "3", "301")


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("幸福里", Address("xin fu li")),
        ("幸福小区十二号楼", Address("xin fu", "12")),
        ("长桥路十二号3栋502", Address("zan qiao lu 12", "3", "502")),
        ("杏花社区3栋", Address("xin fa", "3")),
        ("五一路8号院2号楼", Address("wu yi lu 8", "2")),
        ("上禾村三组", Address("san he cun 3 zu")),
        ("", None),
        (None, None),
        ("二十一号楼", None),
    ],
)
def test_addresses_in_their_parts(said, parts):
    assert addresses.parsed(said) == parts


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("杏花小学", "云溪区杏花小学三年级2班"),
        ("云溪第二中学", "云溪二中"),
        ("第一小学", "一小"),
        ("杏花幼儿园", "杏花幼儿园大班"),
    ],
)
def test_one_school_in_many_ways(one, other):
    assert addresses.school(one) == addresses.school(other) != ""


def test_schools_that_are_two():
    assert addresses.school("杏花小学") != addresses.school("杏花中学")
    assert addresses.school("一中") != addresses.school("二中")
    assert addresses.school(None) == ""
