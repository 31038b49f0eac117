"""What an officer is told when a telephone cannot be rung."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from triage.conversations.callbacks import Obstacle

TOLD: dict[Obstacle, LazyString] = {
    Obstacle.said_unsafe: _("来电人说回拨不安全。确需回拨，须由带班领导写明原因。"),
    Obstacle.no_number: _("没有可以回拨的号码。"),
    Obstacle.in_progress: _("通话还在进行，或正在回拨。"),
    Obstacle.no_telephone: _("没有登记电话，请管理员在“人员”中补充。"),
    Obstacle.busy: _("对方的电话正在通话或响铃，请稍后再试。"),
    Obstacle.nobody_there: _("现在没有值班员在与来电人通话。"),
    Obstacle.no_contact: _("没有可以拨打的公安联系电话。"),
    Obstacle.no_colleague: _("这位同事不能接听来电，请另选一位。"),
    Obstacle.others_call: _("这通电话由别的值班员在接，您不能操作；需要时请带班领导处理。"),
}
