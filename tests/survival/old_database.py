"""A database of an earlier version, with a switch in the middle: upgraded, resumed and audited by today's.

`python -m tests.survival.old_database --leads 10000 --write` runs it on both databases. The code of the earlier version
comes from the repository's own history; a clone without it has nothing to run.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from attrs import frozen
from sqlalchemy import text

from crmcore.adapters.sql.connection.revisions import REVISIONS
from crmcore.adapters.sql.database.versions import begun
from crmcore.testing import ADMIN
from tests.script import SCRIPT
from tests.survival.auditor import auditor_of
from tests.survival.figures import Figure, record, said
from tests.survival.servers import postgres_server

__all__ = ["OLD", "Told", "code_of", "upgraded"]

#: The version whose databases are upgraded: the first that kept CRMs in SQL and was worked with.
OLD = "0e2a284"

_ROOT = Path(__file__).resolve().parent.parent.parent
_FILLING = Path(__file__).with_name("filling.py")
#: The auditor in plain SQL compares every lead with every other, so it is for small databases.
_AUDITED_IN_SQL = 1_000
#: What another client of the database has written into three of the leads that are left.
_DAMAGE = "UPDATE crm_lead SET source = 'a b' WHERE id IN ({})"


@frozen(kw_only=True)
class Told:
    """What an upgrade came to: `violations` in words, and how long each part took."""

    leads: int
    violations: tuple[str, ...]
    seconds: dict[str, float]

    @property
    def remarks(self) -> str:
        """The times, for the table."""
        return ", ".join(f"{name} {each:.1f} s" for name, each in self.seconds.items())


@contextmanager
def code_of(commit: str) -> Iterator[Path | None]:
    """The sources of a commit in a folder of their own; `None` in a clone without that commit."""
    archive = ["git", "-C", str(_ROOT), "archive", commit, "src"]
    found = subprocess.run(archive, capture_output=True, check=False)
    if found.returncode:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=BytesIO(found.stdout)) as tar:
            tar.extractall(folder, filter="data")
        yield Path(folder) / "src"


def upgraded(code: Path, url: str, leads: int, schema: str | None = None) -> Told:
    """Fill a new database with that code, upgrade it by the command line, end its switch and audit it."""
    trial = _Trial(url, schema)
    filled = trial.timed("filled", lambda: _filled(code, url, leads, schema))
    trial.expect(Path(filled["code"]).is_relative_to(code), "another code has filled the database")
    damaged, aside = filled["remaining"][:3], len(filled["set_aside"])
    with begun(url, schema, make=True) as connection:
        if schema is not None:
            connection.execute(text(f"SET search_path TO {schema}"))
        connection.exec_driver_sql(_DAMAGE.format(", ".join(map(str, damaged))))

    trial.run(2, "status")
    schema_now = trial.run(0, "db", "upgrade")["schema"]
    trial.expect(schema_now == {"before": "0001", "after": REVISIONS[-1]}, f"the tables are {schema_now}")
    trial.named(damaged)
    blocked = trial.run(3, "resume")["totals"]
    trial.expect(blocked["set_aside"] == aside + len(damaged), f"set aside: {blocked['set_aside']}")
    retried = trial.run(3, "retry")["totals"]
    trial.expect(retried["set_aside"] == len(damaged), f"set aside after a retry: {retried['set_aside']}")
    for id in damaged[:-1]:
        trial.run(0, "lead", "close", str(id))
    trial.run(0, "lead", "delete", str(damaged[-1]))
    ended = trial.run(0, "retry")
    gone = {"closed": 5, "deleted": 3, "set_aside": 0, "remaining": 0, "converted": leads - 8}
    totals = {name: ended["totals"][name] for name in gone}
    trial.expect(totals == gone, f"the switch ended with {totals}")
    trial.expect(ended["created"]["deals"] == leads - 8, f"{ended['created']['deals']} deals")
    trial.named(damaged[:-1])
    for id in damaged[:-1]:
        trial.run(0, "lead", "delete", str(id))
    trial.named(())
    if leads <= _AUDITED_IN_SQL:
        with auditor_of(url, schema) as auditor:
            trial.wrong += [str(finding) for finding in auditor.findings("main")]
    return Told(leads=leads, violations=tuple(trial.wrong), seconds=trial.seconds)


def _filled(code: Path, url: str, leads: int, schema: str | None) -> dict[str, Any]:
    words = [sys.executable, str(_FILLING), url, str(leads), *([] if schema is None else [schema])]
    environment = {**os.environ, "PYTHONPATH": str(code)}
    found = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(found.stdout)
    return told


class _Trial:
    """Commands on one database, what they took, and what went otherwise than it should."""

    def __init__(self, url: str, schema: str | None) -> None:
        self.at = ["--store", url, "--actor", str(ADMIN), *([] if schema is None else ["--schema", schema]), "--json"]
        self.wrong: list[str] = []
        self.seconds: dict[str, float] = {}

    def expect(self, holds: bool, otherwise: str) -> None:
        """Note what does not hold."""
        if not holds:
            self.wrong.append(otherwise)

    def timed(self, name: str, work: Any) -> Any:
        """Do something and add up what it took."""
        began = time.monotonic()
        done = work()
        self.seconds[name] = self.seconds.get(name, 0) + time.monotonic() - began
        return done

    def run(self, code: int, *words: str) -> dict[str, Any]:
        """One command in a process of its own, which ends with this code."""
        line = [sys.executable, "-c", SCRIPT, *words, *self.at]
        found = self.timed(
            " ".join(words[:2] if words[0] == "db" else words[:1]),
            lambda: subprocess.run(line, capture_output=True, text=True, check=False),
        )
        self.expect(found.returncode == code, f"{' '.join(words)}: exit {found.returncode}, not {code}")
        document: dict[str, Any] = json.loads(found.stdout)
        return document

    def named(self, damaged: Sequence[int]) -> None:
        """The audit names these leads and nothing else."""
        told = self.run(5 if damaged else 0, "audit")["violations"]
        found = [(each["rule"], each["kind"], *each["ids"]) for each in told]
        self.expect(found == [("DATA-1", "lead", id) for id in damaged], f"the audit names {found}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it on both databases, and say what it came to."""
    parser = argparse.ArgumentParser(description="Upgrade a database of an earlier version.")
    parser.add_argument("--leads", type=int, default=200)
    parser.add_argument("--write", action="store_true", help="write the figures to docs/survival.md")
    given = sys.argv[1:] if arguments is None else arguments
    asked = parser.parse_args(given)
    wrong = 0
    with code_of(OLD) as code, tempfile.TemporaryDirectory() as folder, postgres_server() as server:
        if code is None:
            sys.stdout.write(f"this clone has no commit {OLD}\n")
            return 2
        for name, url, schema in (("SQLite", f"sqlite:///{folder}/crm.db", None), ("PostgreSQL", server.url, "old")):
            told = upgraded(code, url, asked.leads, schema)
            command = shlex.join(
                ["python", "-m", "tests.survival.old_database", *(each for each in given if each != "--write")]
            )
            experiment = f"leads of an upgraded database of {OLD}, {name}"
            figure = Figure(experiment, told.leads, len(told.violations), told.remarks, command, every=True)
            sys.stdout.write(said(figure) + "\n")
            for violation in told.violations:
                sys.stdout.write(f"  {violation}\n")
            if asked.write:
                record(figure)
            wrong += len(told.violations)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
