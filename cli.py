"""``python -m cli <command>``: what an operator does by hand."""

import argparse
import getpass
import sys
from datetime import date
from pathlib import Path

from app import create_app
from config import SettingInvalid, SettingMissing
from infra.db import serialise_routing, session, transaction
from models import ChainDigest, Role
from seeds import plant
from seeds.city import City, CityInvalid
from staff import people
from tickets import history

CONTENTS = {
    "lines": "专席",
    "city": "区县和成员单位",
    "topics": "事项",
    "articles": "知识",
    "deadlines": "时限",
}


def seed(_given: argparse.Namespace) -> None:
    """plant the demo city (never in production)"""
    with transaction():
        plant.plant()
    print("演示城市已就绪 (the demo city is planted)")


def import_city(given: argparse.Namespace) -> None:
    """take over lines, districts, units, topics and articles; again and again if need be"""
    with transaction():
        # Lines may weigh otherwise than before, while callers wait on them.
        serialise_routing()
        taken = City(given.folder).take_over()
    told = "，".join(f"{CONTENTS[name]} {number} 条" for name, number in taken.items())
    print(f"已导入：{told} (imported)")


def add_admin(given: argparse.Namespace) -> None:
    """add an administrator; asks for a password, which must be changed at the first sign-in"""
    with transaction():
        staff, _ = people.add(
            login=given.login, name=given.name, roles=[Role.ADMIN], password=_password()
        )
        login = staff.login
    print(f"已添加管理员 {login}，首次登录须修改密码 (added)")


def verify_history(given: argparse.Namespace) -> None:
    """compute every ticket's history anew; with --day also that day's digest"""
    broken = 0
    with transaction():
        for one in history.verify_all():
            broken += 1
            print(f"ticket {one.ticket_id}, link {one.seq}: {one.why}")
        changed = given.day is not None and not _digest_holds(given.day)
    if broken or changed:
        sys.exit(f"{broken} 张工单的历史不成立 (histories that do not hold: {broken})")
    print("所有工单的历史完整 (every history holds)")


def _digest_holds(day: date) -> bool:
    """Whether the links still give the number that was kept for the day."""
    digest, tickets = history.sum_of(day)
    kept = session.get(ChainDigest, day)
    print(f"{day}: {digest} ({tickets} tickets)")
    if kept is None:
        print(f"{day}: 没有保存的摘要可比较 (no digest was kept)")
        return True
    if kept.digest != digest:
        print(f"{day}: 与保存的摘要不同 (differs from the kept digest {kept.digest})")
    return kept.digest == digest


def _password() -> str:
    """Typed twice by a person; the first line of the input from a program."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("初始密码 (password): ")
    if getpass.getpass("再输入一次 (again): ") != first:
        raise people.Unacceptable("两次输入的密码不一致，没有添加 (the passwords differ)")
    return first


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cli", description=__doc__)
    choices = parser.add_subparsers(required=True, metavar="command")
    choices.add_parser("seed", help=seed.__doc__).set_defaults(run=seed)
    city = choices.add_parser("import-city", help=import_city.__doc__)
    city.add_argument("folder", type=Path, help="with lines, city, topics and articles .toml")
    city.set_defaults(run=import_city)
    admin = choices.add_parser("add-admin", help=add_admin.__doc__)
    admin.add_argument("login")
    admin.add_argument("--name", default="系统管理员", help="shown on pages")
    admin.set_defaults(run=add_admin)
    verify = choices.add_parser("verify-history", help=verify_history.__doc__)
    verify.add_argument("--day", type=date.fromisoformat, help="2026-11-24")
    verify.set_defaults(run=verify_history)
    return parser.parse_args()


def main() -> None:
    given = arguments()
    try:
        with create_app().app_context():
            given.run(given)
    except (
        SettingMissing,
        SettingInvalid,
        plant.PlantingRefused,
        CityInvalid,
        people.Unacceptable,
    ) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
