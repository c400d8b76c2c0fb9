"""The reads of one transaction: many questions, one moment."""

from typing import Any

from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.adapters.sql.reads.pages import page_of
from crmcore.adapters.sql.reads.snapshot import Reader
from crmcore.domain.model.ids import Kind
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.store import Entry

__all__ = ["OneTime"]


class OneTime:
    """`Reads` in a transaction that somebody else opens and ends."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def snapshot(self, query: Query) -> Snapshot:
        """See `Store.snapshot`."""
        return Reader(self._tx).snapshot(query)

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """See `Store.page`."""
        return page_of(self._tx, kind, after, limit)
