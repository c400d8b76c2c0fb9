"""`crmcore spec explore`: walk over the real code, or tell how a weakened design breaks a law.

The test kit makes the walks, and is loaded only when this command runs (D-180).
"""

import sys
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

from attrs import evolve
from cyclopts import App

from crmcore.adapters.cli.terminal.progress import Show
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.endings import bad_call, broken_report, done_report, store_failed
from crmcore.adapters.cli.work.options import Flag
from crmcore.adapters.cli.work.spec_documents import Changed, Explore, LawBroken, Told, WalkRow
from crmcore.domain.model.ids import Ref

if TYPE_CHECKING:
    from crmcore.testing.walk import Design, Found, Story

__all__ = ["add_explore", "measured", "tell", "walk_over"]

#: How many states are visited unless the caller says otherwise.
STATES = 100_000


def walk_over(names: Iterable[str] | None, states: int, show: Show, design: "Design | None" = None) -> Explore:
    """Walk one walk after the other, by default over the real code, until `states` were visited or a law breaks."""
    from crmcore.testing.walk import DEEP_WALKS, REAL, THREES, WALKS, explore, story_of

    walks, design = WALKS | THREES | DEEP_WALKS, design or REAL
    report = Explore()
    for name in walks if names is None else names:
        if name not in walks:
            return bad_call(report, f"expected one of: {'; '.join(walks)}", "--walk")
        if report.states >= states:
            break
        show(name, report.states, states)
        found = explore(walks[name], design, most=states - report.states)
        report = _with_walk(report, name, found)
        if found.broken:
            return broken_report(_with_story(report, story_of(walks[name], design, found=found)))
    return done_report(report)


def tell(name: str, script: Path | None) -> Explore:
    """Tell the shortest way in which a weakened design breaks its rule, and write the same run as a script."""
    from crmcore.testing.walk import FAULTS, WALKS, script_of, story_of

    report = Explore()
    fault = next((each for each in FAULTS if each.name == name), None)
    if fault is None:
        return bad_call(report, f"expected one of: {'; '.join(each.name for each in FAULTS)}", "--fault")
    story = story_of(WALKS[fault.walk], fault.design, rule=fault.rule)
    text = script_of(story, fault.sentence, fault.says)
    if script is not None:
        try:
            with script.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            return bad_call(report, "expected the name of a new file", "--script")
        except OSError as error:
            return store_failed(report, error)
        report = evolve(report, files=(str(script),))
    report = _with_story(_with_walk(report, fault.walk, story.found), story)
    return done_report(report, fault=fault.name, rule=fault.sentence, sentence=fault.says, script=text)


def _with_walk(report: Explore, name: str, found: "Found") -> Explore:
    sizes = {size: getattr(found, size) for size in ("states", "transitions", "stores")}
    return evolve(
        report,
        walks=(*report.walks, WalkRow(name=name, **sizes, ended=found.ended)),
        **{size: getattr(report, size) + number for size, number in sizes.items()},
    )


def _with_story(report: Explore, story: "Story") -> Explore:
    broken = [
        LawBroken(record=record, rule=each.rule, law=each.law, part=each.part, **_ref(each.ref))
        for each, record in story.broken
    ]
    told = [
        Told(
            actor=each.actor,
            text=each.text,
            changes=tuple(
                Changed(
                    record=change.record,
                    field=change.field,
                    before=change.before,
                    after=change.after,
                    **_ref(change.ref),
                )
                for change in each.changes
            ),
        )
        for each in story.sentences
    ]
    return evolve(report, broken=tuple(broken), story=tuple(told))


def _ref(ref: Ref) -> dict[str, Any]:
    return {"kind": ref.kind, "id": ref.id}


def measured(work: Callable[[], Explore]) -> Explore:
    """What the work reports, with the processor time and the memory that it took."""
    began = process_time()
    report = work()
    seconds = Decimal(str(round(process_time() - began, 2)))
    return evolve(report, cpu_seconds=seconds, memory_mb=_memory_mb())


def _memory_mb() -> int | None:
    """The most memory that this process has had, where the system says so."""
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:  # there is none on Windows
        return None
    # In kilobytes; on macOS in bytes.
    return getrusage(RUSAGE_SELF).ru_maxrss // (1024 * 1024 if sys.platform == "darwin" else 1024)


def add_explore(spec: App, terminal: Terminal) -> None:
    """Add `spec explore`."""

    @spec.command
    def explore(
        *,
        walk: str | None = None,
        states: int | None = None,
        fault: str | None = None,
        script: Path | None = None,
        json: Flag = False,
    ) -> int:
        """Walk over every order of the steps of two actors, and check every law.

        Parameters
        ----------
        walk
            The name of one walk. Default: all, the small ones first.
        states
            How many states to visit at most. Default: 100000.
        fault
            The name of a weakened design: show the shortest way to a broken law instead.
        script
            With --fault, the file to write the same run to, as a Python script.
        json
            Print one JSON document on standard output.
        """
        wrong = _contradiction(walk, states, fault, script)
        if wrong is not None:
            return terminal.end(bad_call(Explore(), *wrong), as_json=json)
        with terminal.bar() as bar:
            names = None if walk is None else (walk,)
            report = measured(
                lambda: walk_over(names, states or STATES, bar.show) if fault is None else tell(fault, script)
            )
        return terminal.end(report, as_json=json)


def _contradiction(
    walk: str | None, states: int | None, fault: str | None, script: Path | None
) -> tuple[str, str] | None:
    """What is wrong with a call, and the option."""
    if states is not None and states < 1:
        return "expected a number above zero", "--states"
    if fault is None:
        return ("requires --fault", "--script") if script is not None else None
    given = {"--walk": walk, "--states": states}
    return next(((f"{name} and --fault exclude each other", name) for name, value in given.items() if value), None)
