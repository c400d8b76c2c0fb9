"""Walking through all records of a kind, a page at a time."""

from collections.abc import Iterator
from typing import Any

from crmcore.domain.ids import Kind
from crmcore.ports.store import Entry, Reads

__all__ = ["pages"]


def pages(store: Reads, kind: Kind, size: int = 500, after: Any = None) -> Iterator[tuple[Entry, ...]]:
    """All records of a kind in id order, or those after an id, a page at a time."""
    page = store.page(kind, after, size)
    while page:
        yield page
        page = store.page(kind, page[-1].id, size)
