"""Records in batches, and the values of a batch written class by class: one call for many values costs each little."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

__all__ = ["SIZE", "WriteMany", "each_by_class", "few", "in_batches"]

T = TypeVar("T")

#: How many records are written at once.
SIZE = 500

#: Writes many values of one class.
WriteMany = Callable[[Sequence[Any]], Iterable[str]]


def in_batches(things: Iterable[T]) -> Iterator[list[T]]:
    """The same things, some at once.

    >>> [len(batch) for batch in in_batches(range(1_200))]
    [500, 500, 200]
    """
    left = iter(things)
    while batch := list(islice(left, SIZE)):
        yield batch


def each_by_class(values: Sequence[Any], writes: Mapping[type, WriteMany], other: WriteMany) -> Iterable[str]:
    """The text of each value, as `writes` has it for the values of its class, or `other` for those of no other.

    >>> [*each_by_class([1, None, 2], {int: lambda numbers: map(str, numbers)}, lambda rest: ["-" for _ in rest])]
    ['1', '-', '2']
    """
    classes = set(map(type, values))
    if len(classes) == 1:
        return writes.get(classes.pop(), other)(values)
    texts = {cls: iter(writes.get(cls, other)([value for value in values if type(value) is cls])) for cls in classes}
    return [next(texts[type(value)]) for value in values]


def few(write: Callable[[Any], str]) -> WriteMany:
    """Writes values of which a few distinct ones stand for all."""

    def write_many(values: Sequence[Any]) -> Iterable[str]:
        texts = {value: write(value) for value in set(values)}
        return map(texts.__getitem__, values)

    return write_many
