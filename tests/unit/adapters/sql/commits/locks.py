"""What a commit locks on a server, seen on a file: a lock is a remark at the end of a statement."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from crmcore.adapters.sql.connection.dialects import Sqlite
from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.adapters.sql.rows.match_keys import StoredKey, veiled

__all__ = ["Noting"]


class _Locking(Sqlite):
    for_update = " /* update */"
    for_share = " /* share */"


class Noting(Transaction):
    """Notes which rows are locked, and how, in the order in which they are asked for; and which keys are claimed."""

    def __init__(self, connection: Any, portal: int) -> None:
        super().__init__(connection, _Locking(), portal)
        self.locked: list[tuple[str, str, list[Any]]] = []
        self.claimed: set[StoredKey] = set()

    def rows(self, statement: str, values: Sequence[Any]) -> list[Any]:
        lock = re.search(r"CROSS JOIN crm_(\w+) AS t .* /\* (\w+) \*/$", statement)
        if lock is not None:
            self.locked.append((lock[1], lock[2], json.loads(values[0])))
        return super().rows(statement, values)

    def claim_keys(self, keys: Iterable[StoredKey]) -> None:
        self.claimed |= {veiled(key) for key in keys}
