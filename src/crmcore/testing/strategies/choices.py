"""Many choices by one draw: each byte of a drawn string says what one field holds.

A draw costs hypothesis some 40 microseconds whatever it draws, and a card has twenty fields with parts of their own.
A byte of 0 leaves its field out, so that a record shrinks field by field; most bytes choose from a small pool of values
that are made once and shared; a few ask for a value drawn freely, so that nothing is out of reach.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from hypothesis import strategies as st

from crmcore.testing.strategies.cache import kept

__all__ = ["Choice", "Fields", "Rolls", "one_of_pool", "some_bytes", "some_of_pool"]

T = TypeVar("T")

#: Bytes below this leave a field out.
FILLED = 128
#: Bytes from this on draw the value freely.
FREE = 244


class Choice(NamedTuple):
    """What one field may hold: how many bytes choose, what they choose, and the strategy of all its values."""

    size: int
    make: Callable[[bytes], Any]
    free: st.SearchStrategy[Any]


def one_of_pool(pool: Sequence[Any], free: st.SearchStrategy[Any]) -> Choice:
    """One value of a pool, the simplest first."""
    span = FREE - FILLED
    assert len(pool) <= span  # or some of it would never be chosen
    return Choice(1, lambda roll: pool[(roll[0] - FILLED) * len(pool) // span], free)


def some_of_pool(
    pool: Sequence[Any], most: int, build: Callable[[list[Any]], Any], free: st.SearchStrategy[Any]
) -> Choice:
    """At most so many values of a pool, and what is built of them."""
    span = 256 - FILLED
    assert len(pool) <= span

    def make(roll: bytes) -> Any:
        return build([pool[(each - FILLED) * len(pool) // span] for each in roll[1:] if each >= FILLED])

    return Choice(1 + most, make, free)


class Rolls:
    """The bytes of one draw, used up one by one; a byte of 0 always means the first option."""

    __slots__ = ("_rest",)

    def __init__(self, rolled: bytes) -> None:
        self._rest = iter(rolled)

    def upto(self, highest: int) -> int:
        """A whole number from 0 to `highest`."""
        return next(self._rest) * (highest + 1) >> 8

    def one_of(self, options: Sequence[T]) -> T:
        """One of at most 256 options."""
        return options[self.upto(len(options) - 1)]

    def ordered(self, items: Sequence[T]) -> list[T]:
        """The items in any order, which is their own one where all bytes are 0."""
        keys = [next(self._rest) for _ in items]
        return [item for _, _, item in sorted(zip(keys, range(len(keys)), items, strict=True))]


@kept
def some_bytes(length: int) -> st.SearchStrategy[bytes]:
    """So many small choices, which `Rolls` uses up."""
    return st.binary(min_size=length, max_size=length)


class Fields:
    """Fields some of which are given; `drawn` is for those who draw already, `strategy` for everybody else."""

    def __init__(self, choices: Mapping[str, Choice]) -> None:
        self._parts = [(name, *choice) for name, choice in choices.items()]
        self._length = sum(choice.size for choice in choices.values())

    def drawn(self, draw: st.DrawFn, further: int = 0) -> tuple[dict[str, Any], Rolls]:
        """The fields that are given, and so many further bytes of the same draw."""
        rolled = draw(some_bytes(self._length + further))
        given = {}
        at = 0
        for name, size, make, free in self._parts:
            if rolled[at] >= FREE:
                given[name] = draw(free)
            elif rolled[at] >= FILLED:
                given[name] = make(rolled[at : at + size])
            at += size
        return given, Rolls(rolled[at:])

    def strategy(self) -> st.SearchStrategy[dict[str, Any]]:
        """The fields that are given."""

        @st.composite
        def fields(draw: st.DrawFn) -> dict[str, Any]:
            return self.drawn(draw)[0]

        return fields()
