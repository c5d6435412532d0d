"""How pages name the reasons that somebody chooses from a list."""

from models import RecallReason, SuperviseKind
from web.languages import _l

RETURN_REASONS = {
    "place": _l("属地不符"),
    "ownership": _l("权属不清"),
    "overlap": _l("职能交叉"),
    "duty": _l("非本单位职责"),
}
RECALL_REASONS = {
    RecallReason.WRONG_UNIT: _l("派错单位"),
    RecallReason.CHANGED: _l("情况有变"),
    RecallReason.CITIZEN: _l("市民要求"),
}
SUPERVISE_KINDS = {
    SuperviseKind.SYSTEM: _l("系统督办"),
    SuperviseKind.WRITTEN: _l("书面督办"),
    SuperviseKind.SPECIAL: _l("专项督办"),
    SuperviseKind.INSTRUCTION: _l("批示督办"),
    SuperviseKind.ON_SITE: _l("现场督办"),
    SuperviseKind.JOINT: _l("联合督办"),
}
CAUSES = {
    "overdue": _l("超期"),
    "long_overdue": _l("超期已久"),
    "late_sign": _l("超时未签收"),
    "unsatisfied": _l("重办后仍不满意"),
    "repeats": _l("市民反复来电"),
    "instruction": _l("领导批示"),
    "media": _l("媒体关注"),
    "sensitive": _l("敏感事项"),
    "forced": _l("仲裁后强制承办"),
    "false_closure": _l("虚假办结"),
    "pressed": _l("市民反映被施压"),
}
