"""Variants take turns, a process for each run; a ratio is the median over the rounds of the ratio within a round."""

import json
import subprocess
import sys
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from bench.imports import ImportCost, measure_imports
from bench.starts import Start, measure_starts

__all__ = ["Figures", "KitCost", "Memory", "Race", "measure"]

VARIANTS = ("floor", "library")
#: In the races, also: the library with the cycle collector running.
COLLECTING = "collecting"
#: How many leads a `TestCrm` switches.
KIT_LEADS = 1000


class Race(NamedTuple):
    """Microseconds per lead of both variants (medians), the median ratio, and the range of the ratios.

    `warm` says that it is the second switch of each process, which finds memory that the first one left. `collecting`
    is the library with the cycle collector running.
    """

    leads: int
    matching: bool
    warm: bool
    rounds: int
    floor: float
    library: float
    ratio: float
    lowest: float
    highest: float
    floor_collector: float
    collecting: float
    collecting_ratio: float
    collecting_collector: float


class Memory(NamedTuple):
    """Bytes per converted lead with all its records after the switch, and what the switch added to them."""

    floor_held: float
    library_held: float
    floor_added: float
    library_added: float


class KitCost(NamedTuple):
    """The test kit: microseconds until a `TestCrm` is ready, milliseconds of a switch of its leads and of the floor."""

    leads: int
    ready: float
    floor: float
    switched: float
    ratio: float


class Figures(NamedTuple):
    """Everything that one run of the benchmark measured; what was left out is `None`."""

    small: Race
    warm: Race
    large: Race | None
    matching: Race | None
    memory: Memory
    imports: ImportCost
    starts: tuple[Start, ...]
    kit: KitCost
    parts: dict[str, float]
    seconds_of_parts: float


def measure(*, rounds: int, small: int, large: int, quick: bool, say: Callable[[str], None]) -> Figures:
    """Measure all of it; `quick` leaves the long races out."""
    say(f"W({small:,}), {rounds} rounds")
    first, warm = race(small, rounds)
    second = with_matching = None
    if not quick:
        say(f"W({large:,}), {rounds} rounds; this takes a minute or two")
        second, _ = race(large, rounds)
        say(f"W({small:,}) with matching on, {rounds} rounds")
        with_matching, _ = race(small, rounds, matching=True)
    say("memory")
    held = {variant: run(variant, "bytes", small) for variant in VARIANTS}
    say("imports")
    imports = measure_imports(5 if quick else 21)
    say("commands")
    starts = measure_starts(5 if quick else 21)
    say("test kit")
    kit = measure_kit(KIT_LEADS, rounds)
    say("parts")
    seen = [run("library", "parts", small) for _ in range(3 if quick else rounds)]
    parts = {name: median(each[name] for each in seen) for name in seen[0]}
    return Figures(
        small=first,
        warm=warm,
        large=second,
        matching=with_matching,
        memory=Memory(held["floor"]["held"], held["library"]["held"], held["floor"]["added"], held["library"]["added"]),
        imports=imports,
        starts=starts,
        kit=kit,
        parts=parts,
        seconds_of_parts=sum(value for name, value in parts.items() if name != "pure conversion"),
    )


def measure_kit(leads: int, rounds: int) -> KitCost:
    """The test kit and the floor take turns, too; the ratio is the median of the ratios within the rounds."""
    seen = [(run("library", "kit", leads), run("floor", "seconds", leads)) for _ in range(rounds)]
    kit = [each for each, _ in seen]
    floor = [bare["fresh"] * leads / 1e3 for _, bare in seen]
    return KitCost(
        leads=leads,
        ready=median(each["ready"] for each in kit),
        floor=median(floor),
        switched=median(each["switched"] for each in kit),
        ratio=median(each["switched"] / bare for each, bare in zip(kit, floor, strict=True)),
    )


def race(leads: int, rounds: int, *, matching: bool = False) -> tuple[Race, Race]:
    """Let the variants take turns: the first switch of each process, and the second one."""
    variants = (*VARIANTS, COLLECTING)
    seen = [{variant: run(variant, "seconds", leads, matching=matching) for variant in variants} for _ in range(rounds)]
    return _race(seen, leads, matching, "fresh"), _race(seen, leads, matching, "warm")


def _race(seen: list[dict[str, dict[str, float]]], leads: int, matching: bool, which: str) -> Race:
    ratios = [each["library"][which] / each["floor"][which] for each in seen]
    return Race(
        leads=leads,
        matching=matching,
        warm=which == "warm",
        rounds=len(seen),
        floor=median(each["floor"][which] for each in seen),
        library=median(each["library"][which] for each in seen),
        ratio=median(ratios),
        lowest=min(ratios),
        highest=max(ratios),
        floor_collector=median(each["floor"]["collector"] for each in seen),
        collecting=median(each[COLLECTING][which] for each in seen),
        collecting_ratio=median(each[COLLECTING][which] / each["floor"][which] for each in seen),
        collecting_collector=median(each[COLLECTING]["collector"] for each in seen),
    )


def run(variant: str, what: str, leads: int, *, matching: bool = False) -> dict[str, float]:
    """One run in a process of its own."""
    command = [sys.executable, "-m", "bench.child", variant, what, str(leads), *(["matching"] if matching else [])]
    answer: dict[str, float] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return answer
