"""Variants take turns on fresh copies of one filled database; a ratio is the median of the ratios within the rounds."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

from bench.databases.places import Place

__all__ = ["Cost", "Figures", "Ratio", "Sizes", "measure"]

ORMS = ("sqlalchemy bulk", "sqlalchemy natural", "django bulk", "django natural")


class Cost(NamedTuple):
    """What one run took for each lead, in microseconds, and by how many MiB the process grew."""

    processor: float
    wall: float
    grown: float


class Sizes(NamedTuple):
    """How many leads, and how many rounds of each race."""

    small: int
    large: int
    huge: int
    rounds: int


class Ratio(NamedTuple):
    """The median of the ratios within the rounds, the lowest and the highest."""

    middle: float
    lowest: float
    highest: float


class Figures(NamedTuple):
    """Everything that was measured on one database, by name of the variant."""

    place: str
    version: str
    sizes: Sizes
    clock: str
    small: dict[str, Cost]
    ratio: Ratio
    growth: Ratio
    fine: Ratio
    large: dict[str, Cost]
    huge: dict[str, Cost]
    orms: dict[str, Ratio]
    scale: dict[str, Ratio]
    statements: dict[str, int]


def measure(place: Place, sizes: Sizes, *, workers: bool, say: Callable[[str], None]) -> Figures:
    """Measure one database; `workers` adds the runs with two of them."""
    clock = "wall" if place.name == "PostgreSQL" else "processor"
    say(f"{place.name}: W({sizes.small:,})")
    seen = _rounds(place, sizes.small, sizes.rounds, ("floor", "library", "library of 200"))
    say(f"{place.name}: W({sizes.large:,})")
    large = _rounds(place, sizes.large, max(2, sizes.rounds // 2), ("floor", "library"))
    small_beside = _rounds(place, sizes.small, len(large), ("library",))
    say(f"{place.name}: what else one might write, W({sizes.small:,})")
    others = _rounds(place, sizes.small, 1, ("floor", *ORMS)) if sizes.rounds > 1 else []
    scale = []
    if workers:
        say(f"{place.name}: workers, W({sizes.large:,})")
        names = ("pool of 1", "pool of 2", "dask of 2", "ranges of 1", "ranges of 2")
        scale = _rounds(place, sizes.large, max(2, sizes.rounds // 2), names)
    huge: dict[str, Cost] = {}
    if sizes.huge:
        say(f"{place.name}: W({sizes.huge:,}), once")
        huge = _middle(_rounds(place, sizes.huge, 1, ("library",)))
    return Figures(
        place=place.name,
        version=place.version(),
        sizes=sizes,
        clock=clock,
        small=_middle(seen),
        ratio=_ratio(seen, clock, "library", "floor"),
        growth=_quotient(large, small_beside, clock),
        fine=_ratio(seen, clock, "library of 200", "library"),
        large=_middle(large),
        huge=huge,
        orms={name: _ratio(others, clock, name, "floor") for name in ORMS} if others else {},
        scale={
            "two workers against one": _ratio(scale, "wall", "pool of 1", "pool of 2"),
            "two ranges of the floor against one": _ratio(scale, "wall", "ranges of 1", "ranges of 2"),
            "Dask against the pool, two workers": _ratio(scale, "wall", "dask of 2", "pool of 2"),
        }
        if scale
        else {},
        statements=_statements(place, sizes.small),
    )


def _rounds(place: Place, leads: int, rounds: int, variants: Sequence[str]) -> list[dict[str, Cost]]:
    place.filled(leads)
    return [{variant: _run(place, variant, leads) for variant in variants} for _ in range(rounds)]


def _run(place: Place, variant: str, leads: int) -> Cost:
    name, of, number = variant.partition(" of ")
    chunk = number if name == "library" and of else "1000"
    with place.copy(leads) as url:
        answer = _child("bench.databases.child", name if name == "library" else variant, url, "", str(leads), chunk)
    return Cost(answer["processor"] / leads * 1e6, answer["wall"] / leads * 1e6, answer["grown"])


def _statements(place: Place, leads: int) -> dict[str, int]:
    with place.copy(leads) as url:
        return {
            size: int(calls) for size, calls in _child("bench.databases.counting", url, "1000", "200", "10").items()
        }


def _child(module: str, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", module, *arguments]
    answer: dict[str, float] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return answer


def _middle(seen: list[dict[str, Cost]]) -> dict[str, Cost]:
    return {
        variant: Cost(*(median(getattr(each[variant], part) for each in seen) for part in Cost._fields))
        for variant in seen[0]
    }


def _ratio(seen: list[dict[str, Cost]], clock: str, above: str, below: str) -> Ratio:
    return _spread([getattr(each[above], clock) / getattr(each[below], clock) for each in seen])


def _quotient(large: list[dict[str, Cost]], small: list[dict[str, Cost]], clock: str) -> Ratio:
    """The library's cost per lead in the large CRM by that in the small one."""
    pairs = zip(large, small, strict=True)
    return _spread([getattr(one["library"], clock) / getattr(other["library"], clock) for one, other in pairs])


def _spread(ratios: list[float]) -> Ratio:
    return Ratio(median(ratios), min(ratios), max(ratios))
