"""Opening a `Crm` on a database in any process: what workers use."""

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import ClassVar

from attrs import frozen

from crmcore.adapters.sql.database.portals import open_store
from crmcore.adapters.sql.store import SqlStore
from crmcore.application.crm import Crm
from crmcore.domain.model.text import Discreet
from crmcore.ports.clock import Clock

__all__ = ["CrmOpener", "open_crm", "opened_crms"]

#: What this process has open, by address, portal and schema.
_OPEN: dict[tuple[str, str, str | None], SqlStore] = {}


def open_crm(url: str, *, clock: Clock, portal: str = "main", schema: str | None = None) -> Crm:
    """Open a CRM with the rights and the plan stored with it; a process opens each database once.

    The database stays open until the process or the surrounding block of `opened_crms` ends.
    Raises what `open_store` raises.
    """
    store = _opened(url, portal, schema)
    return Crm(store=store, permissions=store.permissions, plan=store.plan, clock=clock)


@frozen(repr=False, eq=False)
class CrmOpener(Discreet):
    """Calls `open_crm` in the process that it is sent to: the `open_crm` of `crmcore.run_switch_on`.

    It pickles, and its `repr` never shows the address, so engines that print their tasks do not either.
    """

    _shown: ClassVar[tuple[str, ...]] = ("portal", "schema")

    url: str
    clock: Clock
    portal: str = "main"
    schema: str | None = None

    def __call__(self) -> Crm:
        """See `open_crm`."""
        return open_crm(self.url, clock=self.clock, portal=self.portal, schema=self.schema)


@contextmanager
def opened_crms() -> Iterator[None]:
    """Close at the end of the block what `open_crm` has opened inside it, in this process and in any thread."""
    before = set(_OPEN)
    try:
        yield
    finally:
        for key in _OPEN.keys() - before:
            _OPEN.pop(key).close()


def _opened(url: str, portal: str, schema: str | None) -> SqlStore:
    """One store for each database and process; after a fork it opens connections of its own."""
    found = _OPEN.get((url, portal, schema))
    if found is None:
        _close_at_exit()
        made = open_store(url, portal=portal, schema=schema)
        found = _OPEN.setdefault((url, portal, schema), made)
        if found is not made:  # another thread was faster
            made.close()
    return found


@cache
def _close_at_exit() -> None:
    atexit.register(_close_all)


def _close_all() -> None:
    while _OPEN:
        _OPEN.popitem()[1].close()
