"""`crmcore vectors`: hold this library, or a program in any language, to the vectors.

The test kit is loaded only when the command is carried out: nothing else of the command line needs it.
"""

import shlex
from contextlib import ExitStack
from shutil import which
from typing import TYPE_CHECKING

from attrs import frozen
from cyclopts import App

from crmcore.adapters.cli.terminal.progress import Show
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.endings import bad_call, done_report, failed_vectors
from crmcore.adapters.cli.work.options import Flag
from crmcore.adapters.cli.work.session import carried_out
from crmcore.adapters.cli.work.spec_documents import FailedVector, FamilyNumbers, SkippedVectors, Vectors
from crmcore.domain.model.text import Discreet

if TYPE_CHECKING:
    from crmcore.testing.vectors import Report, Vector, Verdict

__all__ = ["add_vectors"]

#: An implementation that has nothing of what a vector may need.
NOTHING_NEEDED = "nothing"


@frozen(kw_only=True, repr=False, eq=False)
class Asked(Discreet):
    """Which vectors, and who answers them; an address may have a password in it."""

    families: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    store: str = "memory"
    command: str | None = None


def hold_to_vectors(asked: Asked, show: Show) -> Vectors:
    """Ask the vectors, and report what came of each."""
    from crmcore.testing.vectors import NEEDS, vectors

    unknown = [need for need in asked.needs if need not in (*NEEDS, NOTHING_NEEDED)]
    if unknown:
        return bad_call(Vectors(), f"expected {NOTHING_NEEDED} or some of {', '.join(NEEDS)}", "--needs")
    try:
        chosen = [each for family in asked.families or (None,) for each in vectors(family=family)]
    except LookupError as error:
        return bad_call(Vectors(), str(error.args[0]), "--family")
    if asked.command is not None and not _can_be_started(asked.command):
        return bad_call(Vectors(), "expected the command line of a program that can be started", "--command")
    known = {each.id: each for each in chosen}
    missing = [id for id in asked.ids if id not in known]
    if missing:
        return bad_call(Vectors(), f"no vector {missing[0]}", "--id")
    wanted = [known[id] for id in asked.ids] if asked.ids else chosen
    return carried_out(Vectors(), lambda: _told(_run(asked, wanted, show)))


def _can_be_started(command: str) -> bool:
    try:
        words = shlex.split(command)
    except ValueError:  # a quote that is not closed
        return False
    return bool(words) and which(words[0]) is not None


def _run(asked: Asked, wanted: "list[Vector]", show: Show) -> "Report":
    from crmcore.testing.vectors import Play, Report, play_on, run_vectors, running, stores_at

    verdicts: list[Verdict] = []
    needs = [need for need in asked.needs if need != NOTHING_NEEDED] if asked.needs else None
    with ExitStack() as used:
        if asked.command is not None:
            play: Play = used.enter_context(running(asked.command))
        else:
            play = play_on(used.enter_context(stores_at(asked.store)))
        for number, vector in enumerate(wanted):
            show("Running the vectors", number, len(wanted))
            verdicts += run_vectors([vector], needs=needs, play=play).verdicts
    return Report(tuple(verdicts))


def _told(report: "Report") -> Vectors:
    parts = {
        "families": tuple(FamilyNumbers(family=family, **counts) for family, counts in report.families.items()),
        "failed": tuple(FailedVector(id=each.id, message=each.said or "") for each in report.failed),
        "skipped": tuple(SkippedVectors(reason=why, vectors=count) for why, count in sorted(report.skipped.items())),
    }
    return failed_vectors(Vectors(), **parts) if report.failed else done_report(Vectors(), **parts)


def add_vectors(app: App, terminal: Terminal) -> None:
    """Add `vectors`."""

    @app.command
    def vectors(
        *,
        family: str | None = None,
        id: str | None = None,
        needs: str | None = None,
        store: str | None = None,
        command: str | None = None,
        json: Flag = False,
    ) -> int:
        """Check this library, or a program in any language, against the vectors.

        For example:
          crmcore vectors
          crmcore vectors --store sqlite

        Parameters
        ----------
        family
            The families, joined by commas, such as mode,rights. Default: all.
        id
            The vectors by their ids, joined by commas. Default: all.
        needs
            What the implementation has, joined by commas, or nothing; other vectors are skipped. Default: everything.
        store
            Where each CRM is kept: memory, sqlite (a temporary file), or the address of a database. Default: memory.
        command
            The command line of a program that answers instead of this library, such as "node mine.js".
        json
            Print one JSON document on standard output.
        """
        if store is not None and command is not None:
            wrong = bad_call(Vectors(), "excludes --store: a program keeps its own records", "--command")
            return terminal.end(wrong, as_json=json)
        asked = Asked(
            families=_listed(family), ids=_listed(id), needs=_listed(needs), store=store or "memory", command=command
        )
        with terminal.bar() as bar:
            report = hold_to_vectors(asked, bar.show)
        return terminal.end(report, as_json=json)


def _listed(given: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in (given or "").split(",") if part.strip()))
