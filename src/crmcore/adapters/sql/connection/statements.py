"""The statements that write rows, made once from the tables' definitions."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.adapters.sql.rows.records import COLUMNS, ID_COLUMNS, TABLES, Row
from crmcore.domain.model.errors import StoreBusy
from crmcore.domain.model.ids import Kind

__all__ = ["insert", "insert_into", "insert_rows", "update"]


def insert(table: str, columns: Sequence[str]) -> str:
    """An insert of one row."""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


@cache
def insert_into(kind: Kind) -> str:
    """The insert of one row of a kind."""
    return insert(TABLES[kind].name, ("portal", *COLUMNS[kind]))


@cache
def _update_of(kind: Kind) -> str:
    first, *others = COLUMNS[kind]
    sets = ", ".join(f"{name} = ?" for name in others)
    return f"UPDATE {TABLES[kind].name} SET {sets} WHERE portal = ? AND {first} = ? AND version = ?"


def insert_rows(tx: Transaction, kind: Kind, rows: Iterable[Row]) -> None:
    """New rows of a kind."""
    portal = tx.portal
    tx.run_many(insert_into(kind), [(portal, *row) for row in rows])


def update(tx: Transaction, kind: Kind, rows: Sequence[Row]) -> None:
    """Rows in place of those whose version is one lower."""
    if rows:
        assert ID_COLUMNS[kind] == COLUMNS[kind][0]  # every row begins with its id
        portal: Any = tx.portal
        done = tx.run_many(_update_of(kind), [(*row[1:], portal, row[0], row[1] - 1) for row in rows])
        if done != len(rows):
            raise StoreBusy("a row changed between its check and its write; safe to run again")
