"""Ids of records as runs of neighbours: a set that stays small where a store hands ids out one after the other."""

from bisect import bisect_right

__all__ = ["NONE_SEEN", "IdRuns"]

#: How many runs are kept; an id that would begin one more is not.
RUNS = 10_000


class IdRuns:
    """Ids that were added, or those that had room: what is in it was added, and what was added may be missing.

    >>> seen = IdRuns()
    >>> for id in (1, 2, 7, 3):
    ...     seen.add(id)
    >>> 3 in seen, 4 in seen, seen.behind(0), seen.behind(3)
    (True, False, 3, 3)
    """

    def __init__(self) -> None:
        self._first: list[int] = []
        self._last: list[int] = []

    def __contains__(self, id: int) -> bool:
        at = bisect_right(self._first, id)
        return at > 0 and id <= self._last[at - 1]

    def add(self, id: int) -> None:
        """Add an id, beside its neighbours if they are there."""
        first, last = self._first, self._last
        if last and last[-1] == id - 1:  # most ids follow the one before
            last[-1] = id
            return
        at = bisect_right(first, id)
        if at and id <= last[at - 1]:
            return
        before = at > 0 and last[at - 1] == id - 1
        behind = at < len(first) and first[at] == id + 1
        if before and behind:
            last[at - 1] = last.pop(at)
            del first[at]
        elif before:
            last[at - 1] = id
        elif behind:
            first[at] = id
        elif len(first) < RUNS:
            first.insert(at, id)
            last.insert(at, id)

    def behind(self, after: int | None) -> int | None:
        """The last id of the run that begins right behind an id, or that id."""
        if not self._first:
            return after
        following = 1 if after is None else after + 1
        at = bisect_right(self._first, following)
        return self._last[at - 1] if at and following <= self._last[at - 1] else after


#: Nothing was seen.
NONE_SEEN = IdRuns()
