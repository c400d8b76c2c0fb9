"""The figures of the databases as `docs/performance-databases.md`."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_implementation, python_version

from bench.databases.measure import Figures, Ratio
from bench.report import processor

__all__ = ["as_document", "with_figures"]

_TEMPLATE = Path(__file__).with_name("performance.md.in")
#: Goal, and what is still good enough to land, for the ratio to the floor.
_GOALS = {"SQLite": (2.5, 4.0), "PostgreSQL": (1.8, 2.5)}


def as_document(found: Sequence[Figures], command: str) -> str:
    """The text of the document."""
    return _TEMPLATE.read_text(encoding="utf-8").format(
        command=command,
        date=datetime.now(UTC).date().isoformat(),
        machine=processor(),
        python=f"{python_implementation()} {python_version()}",
        sqlalchemy=version("sqlalchemy"),
        sections="\n\n".join("\n".join(_section(figures)) for figures in found),
        statements="\n".join(_statements(found)),
    )


def with_figures(document: str, figures: Figures) -> str:
    """The document with other figures of one database, whose section and row of statements they replace."""
    section, (*_, row, _) = "\n".join(_section(figures)), tuple(_statements([figures]))
    document = re.sub(
        rf"^## {figures.place}\n.*?(?=\n\n## )", lambda _: section, document, flags=re.MULTILINE | re.DOTALL
    )
    return re.sub(rf"(?m)^\| {figures.place} \|.*$", lambda _: row, document)


def _section(figures: Figures) -> Iterator[str]:
    sizes, clock = figures.sizes, figures.clock
    goal, land = _GOALS[figures.place]
    yield f"## {figures.place}\n"
    yield f"{figures.version}. Times are {clock} seconds; {sizes.rounds} rounds.\n"
    yield "| what | value | lowest and highest | goal | met |"
    yield "|---|---:|---|---|---|"
    for variant, cost in figures.small.items():
        name = {"library": "library, chunks of 1,000", "library of 200": "library, chunks of 200"}.get(variant, variant)
        yield f"| {name}, W({sizes.small:,}), µs per lead | {getattr(cost, clock):.1f} | | | |"
    yield _row(f"library by floor, W({sizes.small:,})", figures.ratio, goal, f" (land {land:g})")
    yield _row("chunks of 200 by chunks of 1,000", figures.fine, 1.5)
    for variant, cost in figures.large.items():
        yield f"| {variant}, W({sizes.large:,}), µs per lead | {getattr(cost, clock):.1f} | | | |"
    yield _row(f"cost per lead, W({sizes.large:,}) by W({sizes.small:,})", figures.growth, 1.2)
    for leads, costs in ((sizes.small, figures.small), (sizes.large, figures.large), (sizes.huge, figures.huge)):
        if costs:
            grown = costs["library"].grown
            met = "yes" if grown <= 8 else "no"
            yield f"| memory growth of a switch, W({leads:,}), MiB | {grown:.1f} | | <= 8 (land 32) | {met} |"
    if figures.huge:
        yield f"| library, W({sizes.huge:,}), once, µs per lead | {getattr(figures.huge['library'], clock):.1f} | | | |"
    for name, ratio in figures.scale.items():
        if name.startswith("Dask"):
            yield _row(f"{name}, W({sizes.large:,})", ratio, 1.25)
        else:
            least = 1.5 if name.startswith("two workers") else None
            met = "" if least is None else ("yes" if ratio.middle >= least else "no")
            goal_text = "" if least is None else f">= {least}"
            yield f"| {name}, W({sizes.large:,}) | {ratio.middle:.2f} | {_span(ratio)} | {goal_text} | {met} |"
    if figures.orms:
        yield f"\nWhat one might write instead, over the same tables, by the floor at W({sizes.small:,}), one round:\n"
        yield "| | by the floor |"
        yield "|---|---:|"
        for name, ratio in figures.orms.items():
            yield f"| {name} | {ratio.middle:.1f} |"


def _row(what: str, ratio: Ratio, goal: float, more: str = "") -> str:
    met = "yes" if ratio.middle <= goal else "no"
    return f"| {what} | {ratio.middle:.2f} | {_span(ratio)} | <= {goal:g}{more} | {met} |"


def _span(ratio: Ratio) -> str:
    return f"{ratio.lowest:.2f} to {ratio.highest:.2f}"


def _statements(found: Sequence[Figures]) -> Iterator[str]:
    yield "| | statements of a chunk of 1,000, 200 and 10 | statements per lead | milliseconds per lead |"
    yield "|---|---|---:|---:|"
    for figures in found:
        counts = [figures.statements[size] for size in ("1000", "200", "10")]
        wall = figures.small["library"].wall / 1000
        yield f"| {figures.place} | {', '.join(map(str, counts))} | {counts[0] / 1000:.3f} | {wall:.2f} |"
    yield "| Odoo 16, for the same work on this class of machine | | 19 | 32 |"
