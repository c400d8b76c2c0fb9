"""The seam of a reading: the one thing of the real code that the other reading replaces, while it is in force."""

import sys
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from attrs import frozen

from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.model.image import CrmImage
from crmcore.ports.store import Store

__all__ = ["MakeStore", "Replaced", "Seam", "Wrapped"]

MakeStore = Callable[[CrmImage], Store]


@frozen
class Replaced:
    """A name that stands for something else: `name` of `holder`, a module, a class or a table.

    What a module holds is replaced in each module of the library that has it by the same name, or only `within` some.
    """

    holder: Any
    name: Any
    other: Any
    within: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where the seam is, in words."""
        if isinstance(self.holder, MutableMapping):
            return f"the handler of `{self.name.__name__}`"
        if isinstance(self.holder, ModuleType):
            return f"`{self.name}` of `{self.holder.__name__.removeprefix('crmcore.')}`"
        return f"`{self.holder.__name__}.{self.name}`"

    @contextmanager
    def in_force(self) -> Iterator[MakeStore]:
        """Replace it in this process until the block ends; what happens at the same time meets it too."""
        tables = list(self._tables())
        kept = [table[self.name] if isinstance(table, MutableMapping) else vars(table)[self.name] for table in tables]
        try:
            for table in tables:
                _put(table, self.name, self.other)
            yield InMemoryStore
        finally:
            for table, real in zip(tables, kept, strict=True):
                _put(table, self.name, real)

    def _tables(self) -> Iterator[Any]:
        if not isinstance(self.holder, ModuleType):
            yield self.holder
            return
        real = getattr(self.holder, self.name)
        for name, module in list(sys.modules.items()):
            chosen = name in self.within if self.within else name.startswith("crmcore.")
            if chosen and not name.startswith(__package__) and vars(module).get(self.name) is real:
                yield module


def _put(table: Any, name: Any, value: Any) -> None:
    if isinstance(table, MutableMapping):
        table[name] = value
    else:
        setattr(table, name, value)


@frozen
class Wrapped:
    """A store around the store."""

    around: Callable[[Store], Store]

    @property
    def place(self) -> str:
        """Where the seam is, in words."""
        return "a store around the store"

    @contextmanager
    def in_force(self) -> Iterator[MakeStore]:
        """Make stores in memory that are wrapped."""
        yield lambda image: self.around(InMemoryStore(image))


Seam = Replaced | Wrapped
