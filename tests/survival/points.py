"""Fail every call that a switch makes to its store, one in each trial, and let another process go on.

    python -m tests.survival.points --database sqlite --write

After each failure the laws are checked, by the library and in plain SQL; then the switch is brought to its end, and
what it came to is compared with an undisturbed one in memory.
"""

import argparse
import shlex
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import NamedTuple

from crmcore.adapters.sql import open_store
from crmcore.application.audit import audit_store
from crmcore.application.images import image_of
from crmcore.domain.model.errors import Conflict, OutcomeUnknown, StoreError
from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.protocol.results import SwitchReport
from crmcore.testing import ADMIN, TestCrm
from crmcore.testing.failures import ANY
from tests.survival.auditor import auditor_of
from tests.survival.figures import Figure, record, said
from tests.survival.places import Place, PostgresPlace, SqlitePlace, Trial
from tests.survival.scenario import KEY, MATRIX, Options, came_to, switched
from tests.survival.servers import postgres_server

__all__ = ["WAYS", "Way", "every_point", "fail_at", "main"]

#: Two chunks, and the second is not full.
LEADS, CHUNK = 4, 3


class Way(NamedTuple):
    """How a call fails: which calls, before or after they are carried out, and what is said of it."""

    name: str
    method: str
    after: bool
    error: Callable[[], StoreError]


WAYS = (
    Way("before", ANY, False, lambda: StoreError("failed on purpose")),
    Way("answer lost", ANY, True, lambda: OutcomeUnknown("the answer was lost on purpose")),
    Way("applied, reported as failed", ANY, True, lambda: StoreError("applied, and failed on purpose")),
    Way("not applied, answer lost", "commit", False, lambda: OutcomeUnknown("the call was lost on purpose")),
    Way("applied, reported as a conflict", "commit", True, lambda: Conflict((Ref(Kind.EPOCH, 0),))),
)


def every_point(
    place: Place, options: Sequence[Options], ways: Sequence[Way] = WAYS, ended: Counter[str] | None = None
) -> Iterator[list[str]]:
    """One trial after the other: what was wrong with it, which is nothing.

    `ended` counts what the person who switched was told.
    """
    numbers = count(1)
    for each in options:
        for way in ways:
            for number in count(1):
                trial = place.trial(next(numbers), LEADS, CHUNK, each)
                found = fail_at(trial, way, number, Counter() if ended is None else ended)
                if found is None:  # the switch came to its end before that call
                    break
                yield [f"{each}; {way.name}, call {number}: {violation}" for violation in found]


def fail_at(trial: Trial, way: Way, number: int, ended: Counter[str]) -> list[str] | None:
    """What was wrong after one call failed and another process went on; None where there was no such call."""
    with open_store(trial.url, trial.portal) as store:
        world = TestCrm(store)
        world.trouble.fail(way.method, number=number, after=way.after, error=way.error())
        try:
            report = world.crm.switch_to_simple(ADMIN, key=KEY, policy=trial.options.policy, chunk=trial.chunk)
            told = "nothing" if isinstance(report, SwitchReport) and report.result == "switched" else "something else"
        except StoreError as error:
            told = type(error).__name__
        if world.trouble.is_armed:
            return None
        ended[told] += 1
    found = _audited(trial) + (["the end was told too early"] if told == "something else" else [])
    with open_store(trial.url, trial.portal) as store:
        found += [str(violation) for violation in audit_store(store)]
        again = TestCrm(store).crm.switch_to_simple(ADMIN, key=KEY, policy=trial.options.policy, chunk=trial.chunk)
        if not isinstance(again, SwitchReport) or again.result != "switched":
            found.append(f"the switch did not come to its end: {again}")
        if came_to(image_of(store), trial.options) != switched(trial.leads, trial.options):
            found.append("not what an undisturbed switch comes to")
    return found + _audited(trial)


def _audited(trial: Trial) -> list[str]:
    with auditor_of(trial.url) as auditor:
        return [str(finding) for finding in auditor.findings(trial.portal)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all points of one database over the option matrix, and say what it came to."""
    parser = argparse.ArgumentParser(description="Fail every call that a switch makes to its store.")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--write", action="store_true", help="write the figures to docs/survival.md")
    given = sys.argv[1:] if arguments is None else arguments
    asked = parser.parse_args(given)
    began, number, violations, ended = time.monotonic(), 0, list[str](), Counter[str]()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, ExitStack() as stack:
        place: Place = SqlitePlace(Path(name))
        if asked.database == "postgresql":
            place = PostgresPlace(stack.enter_context(postgres_server()).url)
        for found in every_point(place, MATRIX, ended=ended):
            number += 1
            violations += found
    seconds = time.monotonic() - began
    told = ", ".join(f"{name} {times:,}" for name, times in sorted(ended.items()))
    remarks = f"{len(MATRIX)} options, {len(WAYS)} ways to fail; the caller was told: {told}; {seconds:.0f} s"
    command = f"python -m tests.survival.points {shlex.join(each for each in given if each != '--write')}"
    title = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[asked.database]
    figure = Figure(f"fault points, {title}", number, len(violations), remarks, command, every=True)
    sys.stdout.write(said(figure) + "\n")
    for violation in violations[:20]:
        sys.stdout.write(f"  {violation}\n")
    if asked.write:
        record(figure)
    return int(bool(violations))


if __name__ == "__main__":
    sys.exit(main())
