"""The values of many records, written class by class: one call for many values costs each little."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

__all__ = ["WriteMany", "each_by_class", "few"]

#: Writes many values of one class.
WriteMany = Callable[[Sequence[Any]], Iterable[str]]


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
