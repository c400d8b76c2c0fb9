"""A `Crm` over a database in whatever process it is asked for: what workers open."""

from functools import cache

from crmcore.adapters.sql.portals import open_store
from crmcore.adapters.sql.store import SqlStore
from crmcore.crm import Crm
from crmcore.ports.clock import Clock

__all__ = ["open_crm"]


def open_crm(url: str, *, clock: Clock, portal: str = "main", schema: str | None = None) -> Crm:
    """A CRM with the rights and the plan that are kept beside it; a process opens each database once.

    `functools.partial(open_crm, url, clock=SystemClock())` is what `crmcore.workers.run_switch_on` wants: it pickles.
    Raises what `open_store` raises.
    """
    store = _opened(url, portal, schema)
    return Crm(store=store, permissions=store.permissions, plan=store.plan, clock=clock)


@cache
def _opened(url: str, portal: str, schema: str | None) -> SqlStore:
    """One store for each database and process; after a fork it opens connections of its own."""
    return open_store(url, portal=portal, schema=schema)
