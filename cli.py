"""``python -m cli <command>``: what an operator does by hand."""

import argparse
import sys

from app import create_app
from config import SettingInvalid, SettingMissing
from infra.db import transaction
from seeds import plant


def seed() -> None:
    """plant the demo city (never in production)"""
    with transaction():
        plant.plant()
    print("演示城市已就绪 (the demo city is planted)")


COMMANDS = {"seed": seed}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m cli", description=__doc__)
    choices = parser.add_subparsers(dest="command", required=True)
    for name, command in COMMANDS.items():
        choices.add_parser(name, help=command.__doc__)
    wanted = parser.parse_args().command
    try:
        with create_app().app_context():
            COMMANDS[wanted]()
    except (SettingMissing, SettingInvalid, plant.PlantingRefused) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
