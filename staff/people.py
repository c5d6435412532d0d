"""Adding, changing and disabling members of staff; each change is in the audit log."""

import re

from sqlalchemy import select, update

from infra.clock import now
from infra.db import session
from models import Line, Reskill, ReskillEnd, Role, Seat, Skill, StaffMember, Unit
from staff import audit, parting, passwords, sign_in, skilled
from web.languages import _

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
LONGEST_NAME = 64
LANGUAGES = ("zh", "en")

# Line to level; None: the line is none of his.
Levels = dict[int, int | None]


class Unacceptable(Exception):
    """What was entered cannot be kept; the message says why, for the page."""


def add(
    *,
    login: str,
    name: str,
    roles: list[Role],
    unit: Unit | None = None,
    password: str | None = None,
) -> tuple[StaffMember, str]:
    """A new member of staff and his one-time password, made unless given.  Raises Unacceptable."""
    login = login.strip().lower()
    if not LOGIN.fullmatch(login):
        raise Unacceptable(_("账号只能用小写字母、数字和 . _ -，至少两位"))
    if session.scalar(select(StaffMember.id).where(StaffMember.login == login)):
        raise Unacceptable(_("账号 %(login)s 已存在", login=login))
    _check(name, roles, unit)
    plain = passwords.one_time() if password is None else password
    if len(plain) < passwords.SHORTEST:
        raise Unacceptable(_("密码至少 %(least)s 位", least=passwords.SHORTEST))
    staff = StaffMember(
        login=login,
        name=name.strip(),
        roles=list(roles),
        unit=unit,
        password_hash=passwords.hash_password(plain),
        must_change_password=True,
        created_at=now(),
    )
    session.add(staff)
    session.flush()  # the audit log names its id
    code = unit.code if unit else None
    audit.record("added_staff", "staff", staff.id, login=login, roles=list(roles), unit=code)
    return staff, plain


def change(
    staff: StaffMember, *, name: str, roles: list[Role], unit: Unit | None, by: StaffMember
) -> None:
    """Raises Unacceptable."""
    _check(name, roles, unit)
    if staff.id == by.id and Role.ADMIN not in roles:
        raise Unacceptable(_("不能取消自己的管理员角色，请由另一位管理员操作"))
    if set(roles) != set(staff.roles):
        if {Role.AGENT, Role.LEAD} & (set(staff.roles) - set(roles)):
            parting.leave(staff, keeps=roles)
        audit.record("changed_roles", "staff", staff.id, was=list(staff.roles), now=list(roles))
        parting.look_again(staff)
    if name.strip() != staff.name:
        audit.record("changed_name", "staff", staff.id, was=staff.name, now=name.strip())
    # At no moment is there a unit's clerk who works for none.
    with session.no_autoflush:
        staff.name, staff.roles = name.strip(), list(roles)
        _set_unit(staff, unit)


def _set_unit(staff: StaffMember, unit: Unit | None) -> None:
    if staff.unit != unit:
        staff.unit = unit
        # Whom he led, he leads no longer.
        staff.leads_unit = False
        audit.record("changed_unit", "staff", staff.id, now=unit.code if unit else None)


def set_leader(staff: StaffMember, leads: bool) -> None:
    """Whether what is late at his unit is told to him.  Raises Unacceptable for who has none."""
    if leads and (staff.unit is None or not staff.may(Role.UNIT)):
        raise Unacceptable(_("分管领导须有成员单位角色，并选择单位"))
    if staff.leads_unit is not leads:
        staff.leads_unit = leads
        audit.record("changed_leader", "staff", staff.id, now=leads)


def set_monitoring(staff: StaffMember, unseen: bool) -> None:
    """Whether he may listen to talks unseen by the agent.  Raises Unacceptable for who leads
    nobody."""
    if unseen and not staff.may(Role.LEAD):
        raise Unacceptable(_("只有班长可以监听通话"))
    if staff.monitors_unseen is not unseen:
        staff.monitors_unseen = unseen
        audit.record("changed_monitoring", "staff", staff.id, now=unseen)


def set_skills(
    staff: StaffMember,
    changes: Levels,
    languages: list[str],
    *,
    until: dict[int, str],
    by: StaffMember,
) -> None:
    """Which lines he serves from now on and how well, of those lines whose level was changed, and
    on certified ones ``until`` when; a seat that is not there yet is made when he sits.

    What a lead has lent him for a while stays lent, unless it is this line that was changed.  The
    caller holds the routing lock: leads lend by it.  Raises Refused for a certificate that does not
    hold."""
    his = {
        one.line_id: one for one in session.scalars(select(Skill).where(Skill.staff_id == staff.id))
    }
    before: Levels = {line_id: one.level for line_id, one in his.items()}
    after = before | changes
    for line in session.scalars(select(Line).order_by(Line.id)):
        level = after.get(line.id)
        wanted = None if level is None else {"level": level, "until": until.get(line.id)}
        was = skilled.kept(his.get(line.id))
        if wanted != was:
            skilled.put(line, staff.id, wanted, his.get(line.id))
            key = skilled.key_of(staff.id)
            skilled.record(line.id, {key: was}, {key: wanted}, by=by)
    changed = {line: level for line, level in changes.items() if before.get(line) != level}
    if changed:
        _settle_loans(staff, changed)
        now_his = {line: level for line, level in after.items() if level is not None}
        audit.record("changed_skills", "staff", staff.id, was=before, now=now_his)
    seat = session.get(Seat, staff.id)
    chosen = [one for one in LANGUAGES if one in languages]
    if seat is not None and chosen and chosen != seat.languages:
        seat.languages = chosen
        audit.record("changed_languages", "staff", staff.id, now=chosen)


def _settle_loans(staff: StaffMember, changed: Levels) -> None:
    """What the administrator sets counts, and no clock takes it back."""
    lent = (Reskill.staff_id == staff.id) & Reskill.ended_at.is_(None)
    settled = {"ended_at": now(), "outcome": ReskillEnd.REPLACED}
    session.execute(update(Reskill).where(lent, Reskill.line_id.in_(changed)).values(settled))


def reset(staff: StaffMember) -> str:
    audit.record("reset_password", "staff", staff.id)
    return sign_in.reset_password(staff)


def disable(staff: StaffMember, *, by: StaffMember) -> None:
    """Raises Unacceptable for oneself: nobody might be left to let him in again."""
    if staff.id == by.id:
        raise Unacceptable(_("不能停用自己，请由另一位管理员操作"))
    if staff.disabled_at is None:
        parting.leave(staff)
        staff.disabled_at = now()
        parting.end_sessions(staff)
        audit.record("disabled_staff", "staff", staff.id)


def enable(staff: StaffMember) -> None:
    if staff.disabled_at is not None:
        staff.disabled_at = None
        audit.record("enabled_staff", "staff", staff.id)


def _check(name: str, roles: list[Role], unit: Unit | None) -> None:
    if not name.strip():
        raise Unacceptable(_("请填写姓名"))
    if len(name.strip()) > LONGEST_NAME:
        raise Unacceptable(_("姓名最多 %(most)s 个字", most=LONGEST_NAME))
    if not roles:
        raise Unacceptable(_("请至少选择一个角色"))
    if Role.UNIT in roles and unit is None:
        raise Unacceptable(_("角色为成员单位时必须选择单位，否则看不到任何工单"))
