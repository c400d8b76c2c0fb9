"""A whole CRM as a new portal, in one transaction: every version 1, nothing decided."""

from collections.abc import Mapping
from typing import Any

from attrs import evolve
from sqlalchemy import Connection

from crmcore.adapters.sql.connection.dialects import Dialect
from crmcore.adapters.sql.connection.statements import insert, insert_rows
from crmcore.adapters.sql.connection.transactions import PORTAL_COLUMNS, Transaction, settings_values, stages_value
from crmcore.adapters.sql.rows.leads import LeadRows, bare
from crmcore.adapters.sql.rows.match_keys import keys_of
from crmcore.adapters.sql.rows.records import COLUMNS, TO_ROW
from crmcore.adapters.sql.rows.tables import BINDING_CODES
from crmcore.adapters.sql.rows.texts import dump_outcome
from crmcore.domain.model.ids import MATCHED, NUMBERED, TABLES, Epoch, Kind
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.outcomes import LeadOutcome
from crmcore.domain.model.tombstone import Tombstone

__all__ = ["load_portal"]

_LINKS = ("contact_id", "company_id", "deal_id")


def load_portal(
    connection: Connection,
    dialect: Dialect,
    name: str,
    image: CrmImage,
    *,
    events: bool = False,
    leads: LeadRows | None = None,
) -> int:
    """Write an image as a new portal of this name; returns its number. The caller commits.

    `leads` are rows of the host's for its leads. Raises the driver's error if the name is taken, or if a record links
    to a missing one.
    """
    tx = Transaction(connection, dialect, 0)
    columns = (
        "id",
        "name",
        *PORTAL_COLUMNS,
        "settings_version",
        "stages",
        "stages_version",
        "has_classic",
        "keeps_events",
        "own_leads",
    )
    number = int(tx.rows("SELECT COALESCE(MAX(id), 0) + 1 FROM crm_portal", ())[0][0])
    tx.run(
        insert("crm_portal", columns),
        (
            *(number, name, *settings_values(image.settings)),
            *(1, stages_value(image.stages), 1, True, events, leads is not None),
        ),
    )
    tx.portal = number
    if leads is None:
        _load(tx, image)
    else:
        _load(tx, evolve(image, leads=bare(image.leads)))
        leads.write(connection, image.leads)
    return number


#: What is linked to comes before what links to it; bindings and outcomes follow by themselves.
_IN_ORDER = (
    *(Kind.PIPELINE, Kind.LEAD, Kind.COMPANY, Kind.CONTACT, Kind.DEAL),
    *(Kind.ACTIVITY, Kind.LEDGER, Kind.SWITCH, Kind.COMMAND),
)


def _load(tx: Transaction, image: CrmImage) -> None:
    records: dict[Kind, Mapping[Any, Any]] = {kind: getattr(image, name) for kind, name in TABLES.items()}
    for kind in _IN_ORDER:
        each = records[kind]
        rows = [list(TO_ROW[kind](each[id], 1)) for id in sorted(each)]
        if kind is Kind.LEAD:
            for row in rows:
                row[-len(_LINKS) :] = [None] * len(_LINKS)
        insert_rows(tx, kind, rows)
    sets = ", ".join(f"{name} = ?" for name in _LINKS)
    tx.run_many(
        f"UPDATE crm_lead SET {sets} WHERE portal = ? AND id = ?",
        [(*(getattr(lead, name) for name in _LINKS), tx.portal, id) for id, lead in image.leads.items()],
    )
    bindings = [
        (tx.portal, id, BINDING_CODES[ref.kind], int(ref.id))
        for id in sorted(image.bindings)
        for ref in sorted(image.bindings[id])
    ]
    tx.dialect.insert_bindings(tx, bindings)
    for kind in MATCHED:
        tx.dialect.write_match(
            tx,
            [
                (tx.portal, *key, id, 1, True)
                for id, record in records[kind].items()
                if not isinstance(record, Tombstone)
                for key in keys_of(kind, record.contact_points)
            ],
        )
    _outcomes(tx, image)
    tx.run_many(
        insert("crm_counter", ("portal", "kind", "last")),
        [(tx.portal, kind.value, max(records[kind], default=0)) for kind in NUMBERED],
    )


def _outcomes(tx: Transaction, image: CrmImage) -> None:
    counts: dict[tuple[Epoch, LeadOutcome], int] = {}
    rows = []
    for (epoch, lead), outcome in sorted(image.outcomes.items()):
        counts[epoch, outcome] = counts.get((epoch, outcome), 0) + 1
        rows.append((epoch, lead, outcome.kind.value, *outcome[1:]))
    assert not rows or len(rows[0]) == len(COLUMNS[Kind.OUTCOME])  # in the order of the columns
    insert_rows(tx, Kind.OUTCOME, rows)
    tx.run_many(
        insert("crm_tally", ("portal", "epoch", "slot", "outcome", "number")),
        [(tx.portal, epoch, 0, dump_outcome(outcome), count) for (epoch, outcome), count in counts.items()],
    )
