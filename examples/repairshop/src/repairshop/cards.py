"""Which table holds which kind of record, and records as JSON cards."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from crmcore import Epoch, InvalidValue, Kind, LeadId, RecordFault, Ref
from crmcore.adapters.document import dump_record, load_record
from crmcore.ports import MatchKey

__all__ = [
    "TABLES",
    "abouts",
    "as_card",
    "deleted_among",
    "digested",
    "epoch_of",
    "from_card",
    "listed",
    "records",
    "revisions",
    "waiting_among",
]

TABLES: Mapping[Kind, str] = {
    Kind.SETTINGS: "house_rules",
    Kind.STAGES: "enquiry_stages",
    Kind.PIPELINE: "workshop",
    Kind.LEAD: "enquiry",
    Kind.DEAL: "job",
    Kind.CONTACT: "customer",
    Kind.COMPANY: "firm",
    Kind.ACTIVITY: "task",
    Kind.LEDGER: "accepted",
    Kind.SWITCH: "changeover",
    Kind.COMMAND: "request",
}


def as_card(record: Any) -> str:
    """A record as it is written down."""
    return json.dumps(dump_record(record), ensure_ascii=False)


def from_card(kind: Kind, ref: int | str, card: str, owner: Ref | None = None) -> Any:
    """A record as it was written down; one that somebody has scribbled on is a fault of it, or of its owner."""
    try:
        return load_record(kind, json.loads(card))
    except (InvalidValue, json.JSONDecodeError) as bad:
        raise RecordFault(owner or Ref(kind, ref), f"unreadable_{TABLES.get(kind, kind)}") from bad


def listed(refs: Iterable[int | str]) -> str:
    """Any number of refs as one parameter, for `IN (SELECT value FROM json_each(?))`."""
    return json.dumps(list(refs))


def records(sql: sqlite3.Connection, kind: Kind, refs: Iterable[int | str]) -> dict[Any, tuple[Any, int]]:
    """The records that are there, each with its revision, in the order of their refs."""
    rows = sql.execute(
        f"SELECT ref, card, revision FROM {TABLES[kind]} WHERE ref IN (SELECT value FROM json_each(?)) ORDER BY ref",
        (listed(refs),),
    )
    return {ref: (from_card(kind, ref, card), revision) for ref, card, revision in rows}


def revisions(sql: sqlite3.Connection, kind: Kind, refs: Iterable[Any]) -> dict[Any, int]:
    """The revision of each of these; 0 for a missing one."""
    if kind is Kind.MATCH_KEY:
        return {key: _address_revision(sql, key) for key in refs}
    found = dict.fromkeys(refs, 0)
    if kind is Kind.OUTCOME:
        asked = "SELECT enquiry, 1 FROM fate WHERE epoch = :epoch AND enquiry IN (SELECT value FROM json_each(:refs))"
    else:
        asked = f"SELECT ref, revision FROM {TABLES[kind]} WHERE ref IN (SELECT value FROM json_each(:refs))"
    found.update(sql.execute(asked, {"epoch": epoch_of(sql), "refs": listed(found)}))
    return found


def digested(key: MatchKey) -> tuple[str, str, str]:
    """An address as it is counted: still the same one, and no longer readable."""
    return key.kind, key.point, sha256(key.value.encode()).hexdigest()


def _address_revision(sql: sqlite3.Connection, key: MatchKey) -> int:
    asked = "SELECT revision FROM address_revision WHERE (kind, point, digest) = (?, ?, ?)"
    found: tuple[int] | None = sql.execute(asked, digested(key)).fetchone()
    return 0 if found is None else found[0]


def epoch_of(sql: sqlite3.Connection) -> Epoch:
    """The epoch in force."""
    return Epoch(sql.execute("SELECT epoch FROM house_rules").fetchone()[0])


def abouts(sql: sqlite3.Connection, tasks: Iterable[int]) -> dict[Any, frozenset[Ref]]:
    """What each of these tasks is about; nothing for a task that is about nothing."""
    found: dict[int, set[Ref]] = {task: set() for task in tasks}
    asked = "SELECT task, kind, ref FROM task_about WHERE task IN (SELECT value FROM json_each(?))"
    for task, kind, ref in sql.execute(asked, (listed(found),)):
        found[task].add(Ref(Kind(kind), ref))
    return {task: frozenset(refs) for task, refs in found.items()}


def waiting_among(sql: sqlite3.Connection, refs: Iterable[int | str]) -> set[LeadId]:
    """Which of these enquiries wait for an answer."""
    asked = "SELECT ref FROM enquiry WHERE waiting AND ref IN (SELECT value FROM json_each(?))"
    return {LeadId(ref) for (ref,) in sql.execute(asked, (listed(refs),))}


def deleted_among(sql: sqlite3.Connection, kind: Kind, refs: Iterable[int | str]) -> set[Any]:
    """Which of these were deleted, as far as a card tells that cannot be read in full."""
    asked = (
        f"SELECT ref FROM {TABLES[kind]} WHERE json_extract(card, '$.deleted_at') IS NOT NULL"
        " AND ref IN (SELECT value FROM json_each(?))"
    )
    return {ref for (ref,) in sql.execute(asked, (listed(refs),))}
