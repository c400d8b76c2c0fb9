"""Ids in order, in runs: adding one, removing one and finding a place cost the same among few and among a million."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

__all__ = ["SortedIds"]

#: How many ids a run has when it is made; it is cut in two at twice as many.
_RUN = 500


def _last(run: list[Any]) -> Any:
    return run[-1]


class SortedIds:
    """A set of ids. Each step on it is one assignment, so that an interrupt leaves it whole."""

    def __init__(self, ids: Iterable[Any] = ()) -> None:
        ordered = sorted(ids)
        self._runs = [ordered[start : start + _RUN] for start in range(0, len(ordered), _RUN)]

    def add(self, id: Any) -> None:
        """Add an id; one that is there stays."""
        at = min(bisect_left(self._runs, id, key=_last), len(self._runs) - 1)
        if at < 0:
            self._runs.append([id])
            return
        run = self._runs[at]
        place = bisect_left(run, id)
        if place == len(run) or run[place] != id:
            run.insert(place, id)
            if len(run) > 2 * _RUN:
                self._runs[at : at + 1] = run[:_RUN], run[_RUN:]

    def discard(self, id: Any) -> None:
        """Remove an id if it is there."""
        at = bisect_left(self._runs, id, key=_last)
        if at < len(self._runs):
            run = self._runs[at]
            place = bisect_left(run, id)
            if run[place] != id:
                return
            if len(run) == 1:
                del self._runs[at]
            else:
                del run[place]

    def after(self, id: Any) -> Iterator[Any]:
        """The ids behind this one in order, or all of them for `None`."""
        at = 0 if id is None else bisect_right(self._runs, id, key=_last)
        for number in range(at, len(self._runs)):
            run = self._runs[number]
            yield from run if id is None or number > at else islice(run, bisect_right(run, id), None)
