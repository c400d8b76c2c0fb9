"""`crmcore spec explore`: walk over the real code, or tell how a weakened design breaks a law.

The test kit makes the walks, and is loaded only when this command runs (D-180).
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from time import process_time

from attrs import evolve

from crmcore.adapters import missing_extra
from crmcore.adapters.cli.terminal.progress import Show
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.documents import Changed, Explore, LawBroken, Told, WalkRow
from crmcore.adapters.cli.work.endings import bad_call, broken_report, done_report, store_failed
from crmcore.adapters.cli.work.options import Flag

try:
    from cyclopts import App
except ImportError as failed:
    raise missing_extra(failed, "cli") from failed

__all__ = ["add_explore"]

#: How many states are visited unless the caller says otherwise.
STATES = 100_000


def walk_over(names: Iterable[str] | None, states: int, show: Show) -> Explore:
    """Walk over the real code, one walk after the other, until so many states were visited or a law breaks."""
    from crmcore.testing.walk import DEEP_WALKS, THREES, WALKS, explore

    walks = WALKS | THREES | DEEP_WALKS
    report = Explore()
    for name in walks if names is None else names:
        if name not in walks:
            return bad_call(report, f"expected one of: {'; '.join(walks)}", "--walk")
        if report.states >= states:
            break
        show(name, report.states, states)
        found = explore(walks[name], most=states - report.states)
        row = WalkRow(
            name=name, states=found.states, transitions=found.transitions, stores=found.stores, ended=found.ended
        )
        report = evolve(
            report,
            walks=(*report.walks, row),
            states=report.states + found.states,
            transitions=report.transitions + found.transitions,
            stores=report.stores + found.stores,
        )
        if found.broken:
            laws = [
                LawBroken(
                    rule=each.rule,
                    law=each.law,
                    kind=each.ref.kind,
                    id=each.ref.id,
                    record=str(each.ref),
                    part=each.part,
                )
                for each in found.broken
            ]
            story = [Told(text=str(move)) for move in found.path]
            return broken_report(evolve(report, broken=tuple(laws), story=tuple(story)))
    return done_report(report)


def tell(name: str, script: Path | None) -> Explore:
    """Tell the shortest way in which a weakened design breaks its rule, and write the same run as a script."""
    from crmcore.testing.walk import FAULTS, script_of, sentences, story_of

    report = Explore()
    fault = next((each for each in FAULTS if each.name == name), None)
    if fault is None:
        return bad_call(report, f"expected one of: {'; '.join(each.name for each in FAULTS)}", "--fault")
    story, sentence = story_of(fault), sentences()[fault.sentence]
    report = Explore(
        walks=(
            WalkRow(
                name=fault.walk,
                states=story.found.states,
                transitions=story.found.transitions,
                stores=story.found.stores,
                ended=story.found.ended,
            ),
        ),
        states=story.found.states,
        transitions=story.found.transitions,
        stores=story.found.stores,
        fault=fault.name,
        rule=fault.sentence,
        sentence=sentence,
        broken=tuple(
            LawBroken(rule=each.rule, law=each.law, kind=each.ref.kind, id=each.ref.id, record=record, part=each.part)
            for each, record in story.broken
        ),
        story=tuple(
            Told(
                actor=each.actor,
                text=each.text,
                changes=tuple(
                    Changed(
                        kind=change.ref.kind,
                        id=change.ref.id,
                        record=change.record,
                        field=change.field,
                        before=change.before,
                        after=change.after,
                    )
                    for change in each.changes
                ),
            )
            for each in story.sentences
        ),
        script=script_of(story, sentence),
    )
    if script is not None:
        try:
            with script.open("x", encoding="utf-8") as file:
                file.write(report.script or "")
        except FileExistsError:
            return bad_call(Explore(), "expected a name that no file has", "--script")
        except OSError as error:
            return store_failed(Explore(), error)
        report = evolve(report, files=(str(script),))
    return done_report(report)


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
    return getrusage(RUSAGE_SELF).ru_maxrss // 1024


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
            The name of a weakened design: tell the shortest way to a broken law instead.
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
