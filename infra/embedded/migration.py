"""``script/migration "what changed"``: compares the models with a fresh, migrated database."""

import subprocess
import sys
import tempfile
from pathlib import Path

from infra.embedded import postgres


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit('usage: script/migration "what changed"')
    with tempfile.TemporaryDirectory(prefix="hotline-migration-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with postgres.running(folder / "postgres", fast=True) as url:
            alembic = [sys.executable, "-m", "alembic", "-x", f"url={url}"]
            subprocess.run([*alembic, "upgrade", "head"], check=True)
            command = [*alembic, "revision", "--autogenerate", "-m", sys.argv[1]]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
