"""The generated parts of docs/spec/readings.md: both readings of a place, and what the other one changes."""

from collections.abc import Callable
from functools import partial

from crmcore.testing.readings import READINGS, Ambiguity, recorded, steps_of, tell
from crmcore.testing.vectors import vectors

__all__ = ["readings_table", "sections"]

#: How many differences of a vector the page shows.
_SHOWN = 4


def readings_table() -> str:
    """Every place that can be read in two ways, with the reading that was taken."""
    head = ("statement", "as it is read", "the other reading", "rules", "vectors that it changes")
    rows = (
        (
            f'{", ".join(each.statements)}, "{each.phrase}"',
            each.taken,
            each.other,
            ", ".join(each.rules),
            str(recorded(each.name).changed),
        )
        for each in READINGS
    )
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def sections() -> dict[str, Callable[[], str]]:
    """The part of each reading, by the name in its marker."""
    return {f"reading {each.name}": partial(_part, each) for each in READINGS}


def _part(reading: Ambiguity) -> str:
    effect, told = recorded(reading.name), tell(reading)
    families = ", ".join(f"{name} {count}" for name, count in effect.families.items())
    laws = "; ".join(f"`{law}`" for law in effect.laws)
    lines = [
        f"- **As it is read** ({', '.join(reading.rules)}): {reading.taken}",
        f"- **The other reading**, the design `{reading.name}`: {reading.other}",
        f"- **A setting gives it:** {reading.setting}." if reading.setting else "- No setting gives it.",
        f"- **It changes** {effect.changed} of {len(vectors()):,} vectors ({families}), and breaks {laws or 'no law'}.",
        f"  Its seam is {reading.seam.place}.",
        f"- **The vector** `{reading.vector}`:",
        *(f"  {number}. {_step(step)}" for number, step in enumerate(steps_of(reading), start=1)),
        "",
        "  | where | as it is read | the other reading |",
        "  | --- | --- | --- |",
        *(f"  | {each.place} | {_cell(each.wanted)} | {_cell(each.got)} |" for each in told.differences[:_SHOWN]),
    ]
    more = len(told.differences) - _SHOWN
    return "\n".join([*lines, *(["", f"  and {more} more differences."] if more > 0 else [])])


def _step(text: str) -> str:
    """A step with what is given as code."""
    asked, comma, given = text.partition(", {")
    return f"{asked}, `{{{given}`" if comma else asked


def _cell(text: str) -> str:
    """A value as code, a word as it is."""
    text = text if len(text) <= 120 else f"{text[:117]}..."
    return f"`{text.replace('|', '/')}`" if text[:1] in '{["' or text.isdigit() else text
