"""`crmcore spec readings`: where the article can be read in two ways, and one vector with both readings.

The test kit has the other readings, and is loaded only when this command runs (D-180).
"""

from typing import TYPE_CHECKING

from cyclopts import App

from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.endings import bad_call, done_report
from crmcore.adapters.cli.work.options import Flag
from crmcore.adapters.cli.work.spec_documents import ChangedFamily, Differs, ReadingRow, Readings
from crmcore.adapters.spec import read_trace

if TYPE_CHECKING:
    from crmcore.testing.readings import Ambiguity

__all__ = ["add_readings", "tell_readings"]


def tell_readings(named: str | None, *, other: bool) -> Readings:
    """All readings, or those of a statement or of a name; with `other`, their vectors are asked with both readings."""
    from crmcore.testing.readings import READINGS, readings_of

    found = READINGS if named is None else readings_of(named)
    if not found:
        names = ", ".join(dict.fromkeys(each for reading in READINGS for each in (*reading.statements, reading.name)))
        return bad_call(Readings(), f"expected a statement or the name of a reading: {names}", "ID", "unknown_reading")
    if named is None and other:
        return bad_call(Readings(), "requires a statement or the name of a reading", "--other")
    rows = tuple(_row(each, other=other) for each in found)
    return done_report(Readings(), named=named, told=other, readings=rows)


def _row(reading: "Ambiguity", *, other: bool) -> ReadingRow:
    from crmcore.testing.readings import recorded, steps_of, tell

    effect = recorded(reading.name)
    differences = tell(reading).differences if other else ()
    said = {each.id: each.says for each in read_trace().statements}
    return ReadingRow(
        name=reading.name,
        statements=reading.statements,
        says=tuple(said[each] for each in reading.statements),
        phrase=reading.phrase,
        taken=reading.taken,
        other=reading.other,
        rules=reading.rules,
        setting=reading.setting,
        seam=reading.seam.place,
        changed=effect.changed,
        families=tuple(ChangedFamily(family=name, vectors=count) for name, count in effect.families.items()),
        laws=effect.laws,
        vector=reading.vector,
        steps=steps_of(reading),
        differences=tuple(Differs(place=each.place, taken=each.wanted, other=each.got) for each in differences),
    )


def add_readings(spec: App, terminal: Terminal) -> None:
    """Add `spec readings`."""

    @spec.command
    def readings(id: str | None = None, /, *, other: Flag = False, json: Flag = False) -> int:
        """Show where the article can be read in two ways, and what the other reading would change.

        Parameters
        ----------
        id
            A statement of the article such as S18, or the name of a reading. Default: all readings.
        other
            Run one vector with the reading that was taken and with the other one, and show what differs.
        json
            Print one JSON document on standard output.
        """
        return terminal.end(tell_readings(id, other=other), as_json=json)
