"""One run in a process of its own: build untimed, switch, print what it cost as JSON.

The variant `library` lets the cycle collector wait during the switch; `collecting` is the library with the collector as
Python sets it, as the floor has it. What the build left behind is collected before the clock starts.
"""

import gc
import json
import sys
import tracemalloc
from time import process_time

from bench import floor

__all__ = ["main"]


def main(arguments: list[str]) -> None:
    """Run `VARIANT WHAT N [matching]`."""
    variant, what, number, *rest = arguments
    leads, matching = int(number), "matching" in rest
    print(json.dumps(_RUNS[what](variant, leads, matching)))


def _seconds(variant: str, leads: int, matching: bool) -> dict[str, float]:
    fresh, collector = _once(variant, leads, matching)
    return {"fresh": fresh, "collector": collector, "warm": _once(variant, leads, matching)[0]}


def _once(variant: str, leads: int, matching: bool) -> tuple[float, float]:
    """Microseconds per lead of one switch, and of the garbage collector in it."""
    state = _build(variant, leads, matching)
    gc.collect()
    marks: list[float] = []
    gc.callbacks.append(lambda phase, info: marks.append(process_time()))
    started = process_time()
    converted = _switch(variant, state)
    seconds = process_time() - started
    gc.callbacks.pop()
    collecting = sum(marks[1::2]) - sum(marks[::2])
    assert converted == leads, converted
    return seconds / leads * 1e6, collecting / leads * 1e6


def _bytes(variant: str, leads: int, matching: bool) -> dict[str, float]:
    _switch(variant, _build(variant, 20, matching))  # what is made once per process is no cost of a lead
    gc.collect()
    tracemalloc.start()
    empty = tracemalloc.get_traced_memory()[0]
    state = _build(variant, leads, matching)
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    _switch(variant, state)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    return {"held": (after - empty) / leads, "added": (after - before) / leads}


def _parts(variant: str, leads: int, matching: bool) -> dict[str, float]:
    from bench import library

    gc.collect()
    return {name: seconds / leads * 1e6 for name, seconds in library.measure_parts(leads).items()}


def _kit(variant: str, leads: int, matching: bool) -> dict[str, float]:
    from bench import kit

    return kit.measure_kit(leads)


def _build(variant: str, leads: int, matching: bool) -> object:
    if variant == "floor":
        return floor.build(leads, matching=matching)
    from bench import library  # the floor's process does not know the library

    return library.build(leads, matching=matching)


def _switch(variant: str, state: object) -> int:
    if variant == "floor":
        assert isinstance(state, dict)
        return int(floor.switch(state)[1])
    from bench import library
    from crmcore.application.collector import collector_waits

    assert isinstance(state, tuple)
    if variant == "collecting":
        return library.switch(state[0]).totals.converted
    with collector_waits():
        return library.switch(state[0]).totals.converted


_RUNS = {"seconds": _seconds, "bytes": _bytes, "parts": _parts, "kit": _kit}

if __name__ == "__main__":
    main(sys.argv[1:])
