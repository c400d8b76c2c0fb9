"""How many statements a chunk takes: every call to the driver is counted, a bulk call as one."""

import json
import sys
from typing import Any

from bench import library
from crmcore.adapters.sql import open_store
from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.domain.model.ledger import SwitchToken

__all__ = ["main"]


class _Counting:
    """A cursor that counts what is asked of it."""

    calls = 0

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def __getattr__(self, name: str) -> Any:
        if name in ("execute", "executemany", "copy"):
            type(self).calls += 1
        return getattr(self._cursor, name)


def main(arguments: list[str]) -> None:
    """Print the statements of chunks of these sizes: `URL SIZE…`."""
    url, *sizes = arguments
    begin = Transaction.__init__

    def counted(self: Transaction, *given: Any) -> None:
        begin(self, *given)
        self.cursor = _Counting(self.cursor)

    Transaction.__init__ = counted  # type: ignore[method-assign]  # of this process, which ends with its answer
    found = {}
    with open_store(url) as store:
        crm = library.crm_over(store)
        token: Any = crm.begin_switch(library.ACTOR, key=library.KEY, policy=library.POLICY)
        assert isinstance(token, SwitchToken)
        for size in map(int, sizes):
            _Counting.calls = 0
            crm.convert_chunk(token, size)
            found[size] = _Counting.calls
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
