"""Checking and writing one step, inside a transaction that the caller has opened."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from crmcore import Company, Contact, Kind, Lead, PointKind, Ref
from crmcore.ports import Changes, MatchKey, after_conversions, match_keys

from repairshop.cards import TABLES, abouts, as_card, digested, epoch_of, listed, records, revisions, waiting_among

__all__ = ["stale", "write"]

#: A record that is there already is written anew.
_AGAIN = "ON CONFLICT (ref) DO UPDATE SET revision = revision + 1, card = excluded.card"


def stale(sql: sqlite3.Connection, changes: Changes) -> list[Ref]:
    """What has moved on since it was read, what is taken already, and what was counted otherwise."""
    expects = changes.expects
    moved = [] if expects.epoch == epoch_of(sql) else [Ref(Kind.EPOCH, expects.epoch)]
    for kind, versions in expects.versions.items():
        now = revisions(sql, kind, versions)
        moved += [Ref(kind, ref) for ref, version in versions.items() if now[ref] != version]
    claims: dict[Kind, Mapping[Any, Any]] = {
        Kind.PIPELINE: changes.pipelines,
        Kind.LEAD: changes.leads,
        Kind.DEAL: changes.deals,
        Kind.CONTACT: changes.contacts,
        Kind.COMPANY: changes.companies,
        Kind.ACTIVITY: changes.activities,
        Kind.LEDGER: changes.ledger,
        Kind.SWITCH: changes.switches,
        Kind.COMMAND: changes.commands,
    }
    for kind, claimed in claims.items():
        # A row that the decision has read is changed, and was compared above; any other must be new.
        new = [ref for ref in claimed if ref not in expects.versions.get(kind, {})]
        moved += [Ref(kind, ref) for ref, version in revisions(sql, kind, new).items() if version]
    if changes.unused_stages:
        used = sql.execute(
            "SELECT DISTINCT stage FROM enquiry WHERE stage IN (SELECT value FROM json_each(?))",
            (listed(changes.unused_stages),),
        )
        moved += [Ref(Kind.STAGES, stage) for (stage,) in used]
    if changes.active_leads is not None:
        (waiting,) = sql.execute("SELECT count(*) FROM enquiry WHERE waiting").fetchone()
        moved += [Ref(Kind.LEAD, 0)] if waiting != changes.active_leads else []
    return moved


def write(sql: sqlite3.Connection, changes: Changes) -> None:
    """Write everything; that nothing is stale was looked at before, in the same transaction."""
    tasks, links, before = _after(sql, changes)
    touched = {ref.id for refs in (*before.values(), *links.values()) for ref in refs if ref.kind is Kind.LEAD}
    moved = waiting_among(sql, touched - changes.leads.keys() - changes.closed.keys())
    sql.executemany("UPDATE enquiry SET revision = revision + 1 WHERE ref = ?", [(ref,) for ref in moved])
    written: dict[Kind, Mapping[Any, Any]] = {
        Kind.SETTINGS: {} if changes.settings is None else {0: changes.settings},
        Kind.STAGES: {} if changes.stages is None else {0: changes.stages},
        Kind.PIPELINE: changes.pipelines,
        Kind.LEAD: changes.leads,
        Kind.DEAL: changes.deals,
        Kind.CONTACT: changes.contacts,
        Kind.COMPANY: changes.companies,
        Kind.ACTIVITY: tasks,
        Kind.LEDGER: changes.ledger,
        Kind.SWITCH: changes.switches,
        Kind.COMMAND: changes.commands,
    }
    for kind, those in written.items():
        # What an enquiry became is written once; a second time is an error of the database, whatever the cause.
        again = "" if kind is Kind.LEDGER else _AGAIN
        sql.executemany(
            f"INSERT INTO {TABLES[kind]} (ref, revision, card) VALUES (?, 1, ?) {again}",
            [(ref, as_card(record)) for ref, record in those.items()],
        )
    sql.executemany(
        "UPDATE enquiry SET revision = revision + 1, card = json_set(card, '$.stage', ?, '$.semantics', ?)"
        " WHERE ref = ?",
        [(stage.code, stage.semantics, ref) for ref, stage in changes.closed.items()],
    )
    for kind in (Kind.LEAD, Kind.CONTACT, Kind.COMPANY):
        for ref, record in written[kind].items():
            _note_addresses(sql, kind, ref, record)
    for ref in changes.closed:
        _note_addresses(sql, Kind.LEAD, ref, None)
    for task, refs in links.items():
        lost, won = before[task] - refs, refs - before[task]
        sql.executemany("DELETE FROM task_about WHERE (task, kind, ref) = (?, ?, ?)", [(task, *ref) for ref in lost])
        sql.executemany("INSERT INTO task_about VALUES (?, ?, ?)", [(task, *ref) for ref in won])
    _note_fates(sql, changes)


def _after(sql: sqlite3.Connection, changes: Changes) -> tuple[dict[Any, Any], dict[Any, Any], dict[Any, Any]]:
    """The tasks to write, what they will be about, and what they were about."""
    carried = {task for row in changes.ledger.values() for task in row.activity_ids}
    before = abouts(sql, {*changes.activities, *changes.bindings, *changes.unbound, *carried})
    links = {
        task: (refs | changes.bindings.get(task, frozenset())) - changes.unbound.get(task, frozenset())
        for task, refs in before.items()
    }
    known: dict[Any, Any] = {}
    if changes.completes_at is not None:
        known = {task: found for task, (found, _) in records(sql, Kind.ACTIVITY, carried).items()}
    tasks, links = after_conversions(
        changes.ledger.values(), known | dict(changes.activities), links, changes.completes_at
    )
    return {task: found for task, found in tasks.items() if found is not known.get(task)}, links, before


def _note_addresses(sql: sqlite3.Connection, kind: Kind, ref: Any, record: Any) -> None:
    """Move the revision of every address that a customer has or had: who looked there must look again."""
    rows = sql.execute("SELECT kind, point, value FROM address WHERE (kind, ref) = (?, ?)", (kind, ref))
    had = {MatchKey(Kind(kind), PointKind(point), value) for kind, point, value in rows}
    has = frozenset[MatchKey]()
    if isinstance(record, Contact | Company) or (isinstance(record, Lead) and record.is_active):
        has = match_keys(record.contact_points, (kind,), PointKind)
    sql.execute("DELETE FROM address WHERE (kind, ref) = (?, ?)", (kind, ref))
    sql.executemany("INSERT INTO address VALUES (?, ?, ?, ?)", [(*key, ref) for key in has])
    sql.executemany(
        "INSERT INTO address_revision VALUES (?, ?, ?, 1)"
        " ON CONFLICT (kind, point, digest) DO UPDATE SET revision = revision + 1",
        map(digested, had | has),
    )


def _note_fates(sql: sqlite3.Connection, changes: Changes) -> None:
    """What became of enquiries in the live changeover; `None` lifts a mark, and leaves any other fate alone."""
    epoch = changes.expects.epoch
    for enquiry, outcome in changes.outcomes.items():
        if outcome is None:
            sql.execute("DELETE FROM fate WHERE epoch = ? AND enquiry = ? AND kind = 'set_aside'", (epoch, enquiry))
        else:
            sql.execute(
                "INSERT OR REPLACE INTO fate (epoch, enquiry, card) VALUES (?, ?, ?)",
                (epoch, enquiry, as_card(outcome)),
            )
