"""The figures as a table for the terminal and as `docs/performance.md`."""

import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from bench.measure import Figures, Race

__all__ = ["Row", "as_document", "as_table", "processor", "rows_of"]

_TEMPLATE = Path(__file__).with_name("performance.md.in")


class Row(NamedTuple):
    """One line of the table."""

    what: str
    floor: str
    library: str
    ratio: str
    goal: str = ""
    met: str = ""


def rows_of(figures: Figures) -> Iterator[Row]:
    """The figures with their goals."""
    yield _race(figures.small, "<= 5 (stretch 4, land 10)", 5)
    yield from _collecting(figures.small)
    yield _race(figures.warm, "<= 5", 5)
    if figures.large is not None:
        yield _race(figures.large, "", None)
        yield from _collecting(figures.large)
        growth = figures.large.ratio / figures.small.ratio
        yield Row("ratio of the two ratios", "", "", f"{growth:.2f}", "<= 1.15", _met(growth, 1.15))
    if figures.matching is not None:
        yield _race(figures.matching, "", None)
    memory = figures.memory
    held, added = memory.library_held / memory.floor_held, memory.library_added / memory.floor_added
    yield Row(
        "bytes per converted lead, all its records", f"{memory.floor_held:,.0f}", f"{memory.library_held:,.0f}",
        f"{held:.2f}", "<= 1.25", _met(held, 1.25),
    )  # fmt: skip
    yield Row(
        "of these, added by the switch", f"{memory.floor_added:,.0f}", f"{memory.library_added:,.0f}", f"{added:.2f}"
    )
    cost = figures.imports
    yield Row(
        "import, whole process, ms (floor: import attrs)", f"{cost.attrs:.1f}", f"{cost.crmcore:.1f}",
        f"{cost.whole:.2f}", "<= 2", _met(cost.whole, 2),
    )  # fmt: skip
    yield Row(
        "import, start of the interpreter taken off, ms", f"{cost.attrs - cost.bare:.1f}",
        f"{cost.crmcore - cost.bare:.1f}", f"{cost.without_start:.2f}",
    )  # fmt: skip
    for start in figures.starts:
        yield Row(
            f"`{start.command}`, whole process, ms (floor: {start.floor})", f"{start.floor_ms:.1f}",
            f"{start.command_ms:.1f}", f"{start.ratio:.2f}", f"<= {start.goal}", _met(start.ratio, start.goal),
        )  # fmt: skip
    unwanted = ", ".join(cost.unwanted) or "none"
    kit = figures.kit
    yield Row("`TestCrm` ready, µs", "", f"{kit.ready:.0f}", "", "<= 1,000", _met(kit.ready, 1000))
    yield Row(
        f"{kit.leads:,} leads of a `TestCrm` switched, ms", f"{kit.floor:.1f}", f"{kit.switched:.1f}",
        f"{kit.ratio:.2f}", "<= 100 ms", _met(kit.switched, 100),
    )  # fmt: skip
    yield Row("unwanted modules that the import loads", "", unwanted, "", "none", "no" if cost.unwanted else "yes")


def as_table(figures: Figures) -> str:
    """The table for the terminal."""
    rows = [Row("", "floor", "library", "ratio", "goal", "met"), *rows_of(figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    lines = [
        "  ".join(
            cell.ljust(width) if column in (0, 4, 5) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    parts = [f"  {name:<24} {value:>6.2f}  {value / _whole(figures):>5.0%}" for name, value in _parts(figures)]
    return "\n".join([*lines, "", "where the library's time goes, µs per lead:", *parts])


def as_document(figures: Figures, command: str) -> str:
    """The text of `docs/performance.md`."""
    heads = Row("", "floor", "library", "ratio", "goal", "met")
    table = ["| " + " | ".join(heads) + " |", "|---|---:|---:|---:|---|---|"]
    table += ["| " + " | ".join(row) + " |" for row in rows_of(figures)]
    parts = ["| part | µs per lead | share |", "|---|---:|---:|"]
    parts += [f"| {name} | {value:.2f} | {value / _whole(figures):.0%} |" for name, value in _parts(figures)]
    spread = ", ".join(
        f"{race.lowest:.2f} to {race.highest:.2f} {_named(race)}"
        for race in (figures.small, figures.warm, figures.large, figures.matching)
        if race is not None
    )
    return _TEMPLATE.read_text(encoding="utf-8").format(
        table="\n".join(table),
        parts="\n".join(parts),
        spread=spread,
        rounds=figures.small.rounds,
        command=command,
        date=datetime.now(UTC).date().isoformat(),
        machine=processor(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        attrs=version("attrs"),
    )


def _race(race: Race, goal: str, limit: float | None) -> Row:
    met = "" if limit is None else _met(race.ratio, limit)
    return Row(
        f"µs per lead, {_named(race)}", f"{race.floor:.2f}", f"{race.library:.2f}", f"{race.ratio:.2f}", goal, met
    )


def _collecting(race: Race) -> Iterator[Row]:
    """The library with the cycle collector as Python sets it, and what the collector takes of both."""
    yield Row(
        "the same with the cycle collector running",
        f"{race.floor:.2f}",
        f"{race.collecting:.2f}",
        f"{race.collecting_ratio:.2f}",
    )
    yield Row("of these, the cycle collector", f"{race.floor_collector:.2f}", f"{race.collecting_collector:.2f}", "")


def _named(race: Race) -> str:
    more = " with matching on" if race.matching else ""
    return f"W({race.leads:,}){more}" + (", second switch of a process" if race.warm else "")


def _met(value: float, limit: float) -> str:
    return "yes" if value <= limit else "no"


def _parts(figures: Figures) -> Iterator[tuple[str, float]]:
    for name, value in figures.parts.items():
        yield ("pure conversion, by itself" if name == "pure conversion" else name), value


def _whole(figures: Figures) -> float:
    return figures.seconds_of_parts


def processor() -> str:
    """What this machine computes with."""
    info = Path("/proc/cpuinfo")
    names = [line.partition(":")[2].strip() for line in _lines(info) if line.startswith("model name")]
    return f"{names[0]}, {len(names)} cores" if names else platform.processor() or platform.machine()


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
