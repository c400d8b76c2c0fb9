"""The order book: a store for crmcore in the shop's own tables."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from crmcore import DEFAULT_LEAD_STAGES, Conflict, Kind, Ref, Settings, StoreFull, load_image
from crmcore.ports import Changes, CrmImage, Entry, Query, Snapshot, new_crm

from repairshop.cards import TABLES, abouts, as_card, from_card
from repairshop.database import PATIENCE, Database
from repairshop.reading import answer
from repairshop.writing import stale, write

__all__ = ["OrderBook"]

#: The highest number that a record may have.
HIGHEST = 2**63 - 1


class OrderBook:
    """One repair shop's enquiries, jobs, customers and tasks, in one SQLite file."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def new(cls, path: Path, records: CrmImage | None = None, *, durable: bool = True) -> "OrderBook":
        """A new order book in a file that must not exist yet: empty, or with the records given.

        A file that was begun when this fails is to be thrown away.
        """
        book = cls(Database(path, new=True, durable=durable))
        with book.database.writing() as sql:
            sql.execute("INSERT INTO house_rules (ref, revision, card) VALUES (0, 1, ?)", (as_card(Settings()),))
            sql.execute("INSERT INTO enquiry_stages VALUES (0, 1, ?)", (as_card(DEFAULT_LEAD_STAGES),))
        load_image(book, new_crm() if records is None else records)
        return book

    @classmethod
    def open(cls, path: Path, *, patience: float = PATIENCE, durable: bool = True) -> "OrderBook":
        """The order book in a file that is there; `patience` is for files that other processes hold."""
        return cls(Database(path, patience=patience, durable=durable))

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    def snapshot(self, query: Query) -> Snapshot:
        """See `Store.snapshot`: a transaction that only reads sees one point in time."""
        with self.database.reading() as sql:
            return answer(sql, query)

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        """See `Store.commit`: nobody else writes between the look at what is stale and the end of the transaction."""
        with self.database.writing() as sql:
            moved = stale(sql, changes)
            if moved:
                raise Conflict(tuple(moved))
            if confirm is not None and not confirm():
                raise Conflict((Ref(Kind.RIGHTS, 0),))
            write(sql, changes)

    def reserve(self, kind: Kind, count: int) -> range:
        """See `Store.reserve`: above what was handed out, and above what is there, however it came there."""
        with self.database.writing() as sql:
            (last,) = sql.execute(
                f"SELECT max(coalesce((SELECT max(ref) FROM {TABLES[kind]}), 0),"
                " coalesce((SELECT number FROM last_number WHERE kind = ?), 0))",
                (kind,),
            ).fetchone()
            if count > HIGHEST - last:
                raise StoreFull("no number is left")
            sql.execute("INSERT OR REPLACE INTO last_number VALUES (?, ?)", (kind, last + count))
        return range(last + 1, last + count + 1)

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """See `Store.page`."""
        with self.database.reading() as sql:
            if kind is Kind.OUTCOME:
                rows = sql.execute(
                    "SELECT epoch, enquiry, card FROM fate WHERE (epoch, enquiry) > (?, ?)"
                    " ORDER BY epoch, enquiry LIMIT ?",
                    (*(after or (0, 0)), limit),
                )
                return tuple(Entry((epoch, ref), from_card(kind, ref, card), 1) for epoch, ref, card in rows)
            table = TABLES[Kind.ACTIVITY if kind is Kind.BINDING else kind]
            if after is None:
                after = "" if kind in (Kind.SWITCH, Kind.COMMAND) else -1
            rows = sql.execute(
                f"SELECT ref, card, revision FROM {table} WHERE ref > ? ORDER BY ref LIMIT ?", (after, limit)
            )
            if kind is Kind.BINDING:
                return tuple(Entry(ref, refs, 1) for ref, refs in abouts(sql, (ref for ref, _, _ in rows)).items())
            return tuple(Entry(ref, from_card(kind, ref, card), revision) for ref, card, revision in rows)
