"""The indexes of the tables: what is unique beside the keys, and the orders in which a switch and lists read.

They stand apart since only a database is made with them: a condition of an index loads the dialects of both databases.

A switch reads along the partial index `crm_lead_active`; converted leads leave it.
Each filter of a list has an index in which its records lie in id order, the active ones apart (PERM-9).
"""

from typing import Any

from sqlalchemy import Index, Table
from sqlalchemy import text as sql

from crmcore.adapters.sql.rows.tables import (
    activity,
    binding,
    company,
    contact,
    deal,
    event,
    lead,
    metadata,
    outcome,
    switch,
)

__all__ = ["metadata"]


def _index(table: Table, name: str, *columns: str, where: str | None = None, unique: bool = False) -> None:
    """An index, or one of the rows that fulfil a condition, which both databases understand."""
    condition: dict[str, Any] = {} if where is None else {"sqlite_where": sql(where), "postgresql_where": sql(where)}
    Index(f"{table.name}_{name}", *(table.c[column] for column in columns), unique=unique, **condition)


def _lists(table: Table, *links: str, state: str | None = None) -> None:
    """The indexes of lists: by person, of what is open to all, by linked client; `state` sets the active ones apart."""
    by_state = () if state is None else (state,)
    _index(table, "responsible", "portal", "responsible", *by_state, "id")
    if "opened" in table.c:
        _index(table, "opened", "portal", *by_state, "id", where="opened")
    for link in links:
        _index(table, link, "portal", link, *by_state, "id", where=f"{link} IS NOT NULL")


_index(lead, "active", "portal", "id", where="semantics = 'P'")
_index(lead, "closed", "portal", "id", where="semantics <> 'P'")
_lists(lead, "contact_id", "company_id", state="semantics")
_lists(company)
_lists(contact, "company_id")
_index(deal, "source", "portal", "lead_id", where="lead_id IS NOT NULL", unique=True)
_index(deal, "semantics", "portal", "semantics", "id")
_lists(deal, "contact_id", "company_id", state="semantics")
_index(activity, "completed", "portal", "completed", "id")
_lists(activity, state="completed")
_index(binding, "of", "portal", "kind", "id", "activity", unique=True)
_index(outcome, "set_aside", "portal", "epoch", "lead", where="kind = 'set_aside'")
_index(switch, "epoch", "portal", "epoch")
_index(event, "step", "portal", "step", where="step > 0")
