"""The values of many records, written class by class: one call for many values costs each little."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from types import NoneType
from typing import Any

__all__ = ["Batch", "WriteMany", "are_empty", "columns_of", "each_by_class", "few"]

#: Writes many values of one class.
WriteMany = Callable[[Sequence[Any]], Iterable[str]]


class Batch(list[Any]):
    """Records of one class or several, of which each field is read once, however many write it."""

    def __init__(self, records: Iterable[Any]) -> None:
        super().__init__(records)
        self._columns: dict[str, Sequence[Any]] = {}

    def column(self, name: str) -> Sequence[Any]:
        """The field of this name of all records, which must have it."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = [*map(attrgetter(name), self)]
        return found


def columns_of(records: Sequence[Any], names: Sequence[str]) -> Iterable[Sequence[Any]]:
    """Two or more fields of records, each as a column; no column where there is no record."""
    if isinstance(records, Batch):
        return map(records.column, names)
    return zip(*map(attrgetter(*names), records), strict=True)


def are_empty(values: Sequence[Any]) -> bool:
    """Whether there is nothing in a column, as in most of them: a look at the first value tells the others."""
    return values[0] is None and values.count(None) == len(values)


def each_by_class(values: Sequence[Any], writes: Mapping[type, WriteMany], other: WriteMany) -> Iterable[str]:
    """The text of each value, as `writes` has it for the values of its class, or `other` for those of no other.

    >>> [*each_by_class([1, None, 2], {int: lambda numbers: map(str, numbers)}, lambda rest: ["-" for _ in rest])]
    ['1', '-', '2']
    """
    classes = {NoneType} if values and are_empty(values) else set(map(type, values))
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
