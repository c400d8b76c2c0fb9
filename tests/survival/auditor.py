"""The laws once more, in plain SQL over the tables, for somebody who does not trust the library.

It needs Python's own modules, and psycopg for PostgreSQL; nothing of crmcore is imported:

    python tests/survival/auditor.py sqlite:///crm.db

Each check selects the records that break it. The statements are portable but for two words: `@each(x)`, the elements
of a JSON list, and `@json`, which PostgreSQL wants between a text and `->>`.

lines: all checks in one table, to be read in one piece.
"""

import argparse
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

__all__ = [
    "CHECKS",
    "WHOLE_CHUNKS",
    "Auditor",
    "Check",
    "Finding",
    "auditor_of",
    "live_switch",
    "on_postgresql",
    "on_sqlite",
]


class Check(NamedTuple):
    """A law: its rule, its name, and the statement that finds what breaks it (the ids, at most three a row)."""

    rule: str
    name: str
    sql: str


class Finding(NamedTuple):
    """What breaks a law: the rule, the law, the portal, and the records as the statement gives them."""

    rule: str
    check: str
    portal: str
    ids: tuple[Any, ...]


# What stands in the texts below: l lead, g ledger, d deal, a activity, b binding, o outcome, s switch, p portal.
_SAME_MONEY = (
    "COALESCE(g.amount, '') = COALESCE(l.amount, '') AND COALESCE(g.currency, '') = COALESCE(l.currency, '')"
    " AND COALESCE(g.contact, 0) = COALESCE(l.contact_id, 0) AND COALESCE(g.company, 0) = COALESCE(l.company_id, 0)"
)
_LISTED = "CAST(CAST(e.value AS TEXT) AS BIGINT)"
_UNBOUND = (
    "NOT EXISTS (SELECT 1 FROM @each(COALESCE(a.unbound, '[]')) u"
    " WHERE u.value@json ->> 0 = '{kind}' AND CAST(u.value@json ->> 1 AS BIGINT) = {id})"
)
_NOT_BOUND = (
    "SELECT g.lead, a.id FROM crm_ledger g, @each(g.activity_ids) e, crm_activity a"
    f" WHERE g.portal = :portal AND a.portal = g.portal AND a.id = {_LISTED} AND a.deleted_at IS NULL"
    " AND g.{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM crm_binding b WHERE b.portal = g.portal"
    " AND b.activity = a.id AND b.kind = {code} AND b.id = g.{column})"
    f" AND {_UNBOUND}"
)
_GONE = (
    "SELECT b.activity, b.id FROM crm_binding b WHERE b.portal = :portal AND b.kind = {code}"
    " AND NOT EXISTS (SELECT 1 FROM crm_{table} r WHERE r.portal = b.portal AND r.id = b.id)"
)
_MADE = (
    "SELECT o.lead FROM crm_outcome o JOIN crm_ledger g ON g.portal = o.portal AND g.lead = o.lead"
    " WHERE o.portal = :portal AND o.kind = 'converted' AND (o.{count} <> (SELECT count(*) FROM crm_{table} r"
    " WHERE r.portal = o.portal AND r.lead_id = o.lead) OR (o.{count} > 0 AND NOT EXISTS (SELECT 1 FROM crm_{table} r"
    " WHERE r.portal = o.portal AND r.lead_id = o.lead AND r.id = g.{table})))"
)
_TWICE = (
    "SELECT r.id, other.id FROM crm_{table} r JOIN crm_{table} other ON other.portal = r.portal AND other.id > r.id,"
    " @each(r.contact_points) e, @each(other.contact_points) f"
    " WHERE r.portal = :portal AND r.version = 1 AND other.version = 1"
    " AND e.value@json ->> 0 = 'email' AND f.value@json ->> 0 = 'email'"
    " AND lower(e.value@json ->> 2) = lower(f.value@json ->> 2)"
    # Equal texts that are surely no single address have no key, and are two people (MATCH-3).
    " AND e.value@json ->> 2 LIKE '%_@_%' AND e.value@json ->> 2 NOT LIKE '%@%@%'"
    " AND e.value@json ->> 2 NOT LIKE '%\"%' AND (SELECT count(*) FROM crm_outcome o"
    " JOIN crm_switch s ON s.portal = o.portal AND s.epoch = o.epoch WHERE o.portal = r.portal"
    " AND o.lead IN (r.lead_id, other.lead_id) AND o.kind = 'converted' AND s.terms@json ->> 'match' = 'email') = 2"
)
_FOUND = (
    "SELECT r.id FROM crm_{table} r, @each(r.contact_points) e WHERE r.portal = :portal"
    " AND e.value@json ->> 0 = 'email' AND e.value@json ->> 2 IN (SELECT m.form FROM crm_match m"
    " WHERE m.portal = r.portal AND m.point = 'email') AND NOT EXISTS (SELECT 1 FROM crm_match m"
    " WHERE m.portal = r.portal AND m.kind = {code} AND m.point = 'email' AND m.form = e.value@json ->> 2"
    " AND m.id = r.id AND m.held)"
)
_BEYOND = (
    "SELECT r.id FROM crm_{table} r WHERE r.portal = :portal AND r.id > COALESCE((SELECT c.last FROM crm_counter c"
    " WHERE c.portal = r.portal AND c.kind = '{table}'), 0)"
)
_TIMES = "SELECT r.{id} FROM crm_{table} r WHERE r.portal = :portal{more} GROUP BY r.{id} HAVING count(*) > 1"

CHECKS: tuple[Check, ...] = (
    Check("SWITCH-1", "a lead is in the ledger once", _TIMES.format(table="ledger", id="lead", more="")),
    Check("SWITCH-1", "a deal is in the ledger once", _TIMES.format(table="ledger", id="deal", more="")),
    Check(
        "SWITCH-1",
        "a lead has one deal",
        _TIMES.format(table="deal", id="lead_id", more=" AND r.lead_id IS NOT NULL"),
    ),
    Check(
        "SWITCH-1",
        "a converted lead is in the ledger with its deal",
        "SELECT l.id FROM crm_lead l WHERE l.portal = :portal AND l.deal_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM crm_ledger g WHERE g.portal = l.portal AND g.lead = l.id AND g.deal = l.deal_id)",
    ),
    Check(
        "SWITCH-1",
        "a lead of the ledger names its deal",
        "SELECT g.lead FROM crm_ledger g WHERE g.portal = :portal AND NOT EXISTS"
        " (SELECT 1 FROM crm_lead l WHERE l.portal = g.portal AND l.id = g.lead AND l.deal_id = g.deal)",
    ),
    Check(
        "SWITCH-1",
        "a deal of the ledger exists and names its lead",
        "SELECT g.lead, g.deal FROM crm_ledger g WHERE g.portal = :portal AND NOT EXISTS"
        " (SELECT 1 FROM crm_deal d WHERE d.portal = g.portal AND d.id = g.deal AND d.lead_id = g.lead)",
    ),
    Check(
        "SWITCH-1",
        "a deal of a lead is in the ledger",
        "SELECT d.id, d.lead_id FROM crm_deal d WHERE d.portal = :portal AND d.lead_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM crm_ledger g WHERE g.portal = d.portal AND g.lead = d.lead_id AND g.deal = d.id)",
    ),
    Check(
        "CONV-5",
        "a converted lead ends in success",
        "SELECT l.id FROM crm_lead l JOIN crm_ledger g ON g.portal = l.portal AND g.lead = l.id"
        " WHERE l.portal = :portal AND l.deleted_at IS NULL AND COALESCE(l.semantics, '') <> 'S'",
    ),
    Check(
        "STAGE-1",
        "a lead stands in a defined stage",
        "SELECT l.id FROM crm_lead l JOIN crm_portal p ON p.id = l.portal"
        " WHERE l.portal = :portal AND l.deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM @each(p.stages) e"
        " WHERE e.value@json ->> 0 = l.stage AND e.value@json ->> 2 = l.semantics)",
    ),
    Check(
        "STAGE-1",
        "a deal stands in a stage of its pipeline",
        "SELECT d.id FROM crm_deal d WHERE d.portal = :portal AND d.deleted_at IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM crm_pipeline n, @each(n.stages) e WHERE n.portal = d.portal AND n.id = d.pipeline_id"
        " AND e.value@json ->> 0 = d.stage AND e.value@json ->> 2 = d.semantics)",
    ),
    Check(
        "CONV-9",
        "the ledger tells amount and clients of the lead",
        "SELECT g.lead FROM crm_ledger g JOIN crm_lead l ON l.portal = g.portal AND l.id = g.lead"
        f" WHERE g.portal = :portal AND l.deleted_at IS NULL AND NOT ({_SAME_MONEY})",
    ),
    Check(
        "CONV-1",
        "a converted lead has a client",
        "SELECT g.lead FROM crm_ledger g WHERE g.portal = :portal AND g.contact IS NULL AND g.company IS NULL",
    ),
    *(
        Check(
            "CONV-1",
            f"the {client} of the {table} exists",
            f"SELECT r.{id} FROM crm_{table} r WHERE r.portal = :portal AND r.{link} IS NOT NULL AND NOT EXISTS"
            f" (SELECT 1 FROM crm_{client} c WHERE c.portal = r.portal AND c.id = r.{link})",
        )
        for table, id, client, link in (
            ("ledger", "lead", "contact", "contact"),
            ("ledger", "lead", "company", "company"),
            ("deal", "id", "contact", "contact_id"),
            ("deal", "id", "company", "company_id"),
        )
    ),
    Check(
        "CONV-6",
        "an activity of the ledger exists",
        f"SELECT g.lead, {_LISTED} FROM crm_ledger g, @each(g.activity_ids) e WHERE g.portal = :portal"
        f" AND NOT EXISTS (SELECT 1 FROM crm_activity a WHERE a.portal = g.portal AND a.id = {_LISTED})",
    ),
    *(
        Check(
            "CONV-6",
            f"an activity of the ledger is bound to the {kind}",
            _NOT_BOUND.format(column=kind, code=code, kind=kind, id=f"g.{kind}"),
        )
        for code, kind in enumerate(("lead", "deal", "contact", "company"))
    ),
    Check(
        "CONV-6",
        "an activity of a converted lead is in the ledger",
        "SELECT g.lead, b.activity FROM crm_ledger g"
        " JOIN crm_binding b ON b.portal = g.portal AND b.kind = 0 AND b.id = g.lead"
        " JOIN crm_activity a ON a.portal = b.portal AND a.id = b.activity AND a.deleted_at IS NULL"
        f" WHERE g.portal = :portal AND NOT EXISTS (SELECT 1 FROM @each(g.activity_ids) e WHERE {_LISTED} = a.id)",
    ),
    Check(
        "CONV-6",
        "what is bound is an activity",
        "SELECT b.activity, b.id FROM crm_binding b WHERE b.portal = :portal AND NOT EXISTS"
        " (SELECT 1 FROM crm_activity a WHERE a.portal = b.portal AND a.id = b.activity)",
    ),
    *(
        Check("CONV-6", f"what an activity is bound to is a {table}", _GONE.format(table=table, code=code))
        for code, table in enumerate(("lead", "deal", "contact", "company"))
    ),
    Check(
        "POLICY-4",
        "where activities are not kept open, those of the ledger are completed",
        "SELECT g.lead, a.id FROM crm_ledger g JOIN crm_outcome o ON o.portal = g.portal AND o.lead = g.lead"
        " JOIN crm_switch s ON s.portal = o.portal AND s.epoch = o.epoch, @each(g.activity_ids) e, crm_activity a"
        " WHERE g.portal = :portal AND o.kind = 'converted'"
        " AND CAST(s.terms@json ->> 'keep_activities' AS TEXT) IN ('0', 'false')"
        f" AND a.portal = g.portal AND a.id = {_LISTED} AND a.deleted_at IS NULL AND NOT a.completed",
    ),
    Check(
        "CONV-7",
        "with matching on, a switch makes no second contact of an address",
        _TWICE.format(table="contact"),
    ),
    Check(
        "CONV-7",
        "with matching on, a switch makes no second company of an address",
        _TWICE.format(table="company"),
    ),
    Check("CONV-7", "a contact is found by its address", _FOUND.format(table="contact", code=2)),
    Check("CONV-7", "a company is found by its address", _FOUND.format(table="company", code=3)),
    Check(
        "SWITCH-3",
        "Simple means no active lead",
        "SELECT l.id FROM crm_lead l JOIN crm_portal p ON p.id = l.portal"
        " WHERE l.portal = :portal AND l.semantics = 'P' AND p.mode = 2 AND p.switch_key IS NULL",
    ),
    Check(
        "SWITCH-3",
        "a live switch is in Classic",
        "SELECT p.id FROM crm_portal p WHERE p.id = :portal AND p.switch_key IS NOT NULL AND p.mode <> 1",
    ),
    Check(
        "SWITCH-3",
        "the mode is what the last switch left",
        "SELECT s.key FROM crm_switch s JOIN crm_portal p ON p.id = s.portal WHERE s.portal = :portal"
        " AND s.ended IS NOT NULL AND (s.epoch >= p.epoch OR (s.epoch + 1 = p.epoch"
        " AND p.mode <> CASE s.ended WHEN 'finished' THEN 2 ELSE 1 END))",
    ),
    Check(
        "SWITCH-10",
        "a switch without an end is the live one",
        "SELECT s.key FROM crm_switch s JOIN crm_portal p ON p.id = s.portal WHERE s.portal = :portal"
        " AND s.ended IS NULL AND (p.switch_key IS NULL OR p.switch_key <> s.key OR p.switch_epoch <> s.epoch"
        " OR p.epoch <> s.epoch)",
    ),
    Check(
        "SWITCH-10",
        "the live switch is recorded, with its terms",
        "SELECT p.switch_key FROM crm_portal p WHERE p.id = :portal AND p.switch_key IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM crm_switch s WHERE s.portal = p.id AND s.key = p.switch_key AND s.epoch = p.switch_epoch"
        " AND s.ended IS NULL AND s.terms = p.switch_terms)",
    ),
    Check(
        "SWITCH-13",
        "a lead that a switch converted is in the ledger",
        "SELECT o.lead FROM crm_outcome o WHERE o.portal = :portal AND o.kind IN ('converted', 'already_converted')"
        " AND NOT EXISTS (SELECT 1 FROM crm_ledger g WHERE g.portal = o.portal AND g.lead = o.lead)",
    ),
    Check(
        "SWITCH-13",
        "a lead is converted by one switch",
        "SELECT o.lead FROM crm_outcome o WHERE o.portal = :portal AND o.kind = 'converted'"
        " GROUP BY o.lead HAVING count(*) > 1",
    ),
    Check(
        "SWITCH-13",
        "an outcome is of a switch",
        "SELECT o.epoch, o.lead FROM crm_outcome o WHERE o.portal = :portal AND NOT EXISTS"
        " (SELECT 1 FROM crm_switch s WHERE s.portal = o.portal AND s.epoch = o.epoch)",
    ),
    Check(
        "SWITCH-13",
        "the numbers of a live switch add up",
        "SELECT s.key FROM crm_switch s WHERE s.portal = :portal AND s.ended IS NULL AND s.at_begin"
        " - (SELECT count(*) FROM crm_outcome o WHERE o.portal = s.portal AND o.epoch = s.epoch"
        " AND NOT o.added AND o.kind <> 'set_aside')"
        " <> (SELECT count(*) FROM crm_lead l WHERE l.portal = s.portal AND l.semantics = 'P')",
    ),
    Check(
        "SWITCH-13",
        "a finished switch left nothing",
        "SELECT s.key FROM crm_switch s WHERE s.portal = :portal AND s.ended = 'finished' AND (s.at_begin"
        " <> (SELECT count(*) FROM crm_outcome o WHERE o.portal = s.portal AND o.epoch = s.epoch AND NOT o.added)"
        " OR EXISTS (SELECT 1 FROM crm_outcome o WHERE o.portal = s.portal AND o.epoch = s.epoch"
        " AND o.kind = 'set_aside'))",
    ),
    Check(
        "SWITCH-13",
        "the outcomes are those that were added up",
        "SELECT c.epoch, c.kind FROM (SELECT o.epoch, o.kind, 1 AS number FROM crm_outcome o"
        " WHERE o.portal = :portal UNION ALL SELECT t.epoch, t.outcome@json ->> 0, -t.number FROM crm_tally t"
        " WHERE t.portal = :portal) c GROUP BY c.epoch, c.kind HAVING sum(c.number) <> 0",
    ),
    *(
        Check(
            "SWITCH-13",
            f"the {table} that an outcome tells of was made, and is that of the ledger",
            _MADE.format(table=table, count=count),
        )
        for table, count in (("contact", "contacts"), ("company", "companies"))
    ),
    *(
        Check("SWITCH-1", f"no {table} has an id that is still to be handed out", _BEYOND.format(table=table))
        for table in ("lead", "deal", "contact", "company", "activity")
    ),
)

#: For one worker in a CRM that nobody else works on: a chunk is there with all of its leads, or with none. `chunk` is
#: its size, `before` how many leads were converted before the switch.
WHOLE_CHUNKS = Check(
    "SWITCH-4",
    "no half chunk",
    "SELECT n.deals, n.converted FROM (SELECT"
    " (SELECT count(*) FROM crm_deal d WHERE d.portal = s.portal AND d.lead_id IS NOT NULL) AS deals,"
    " (SELECT count(*) FROM crm_ledger g WHERE g.portal = s.portal) AS told,"
    " (SELECT count(*) FROM crm_lead l WHERE l.portal = s.portal AND l.deal_id IS NOT NULL) AS linked,"
    " (SELECT count(*) FROM crm_outcome o WHERE o.portal = s.portal AND o.kind = 'converted') AS converted,"
    " (SELECT count(*) FROM crm_lead l WHERE l.portal = s.portal AND l.semantics = 'P') AS remaining"
    " FROM crm_switch s WHERE s.portal = :portal) n"
    " WHERE n.deals <> n.told OR n.deals <> n.linked OR n.deals <> n.converted + :before"
    " OR (n.remaining > 0 AND n.converted % :chunk <> 0)",
)

Rows = Callable[[str, dict[str, Any]], Sequence[Sequence[Any]]]


class Auditor:
    """One connection, and what it finds wrong."""

    def __init__(self, rows: Rows, *, whole: Callable[[], Iterator[Finding]] = lambda: iter(())) -> None:
        self.rows = rows
        self._whole = whole

    def findings(self, portal: str | None = None, *, chunk: int | None = None, before: int = 0) -> list[Finding]:
        """What breaks a law, in one portal or in all; with `chunk`, half chunks too (see `WHOLE_CHUNKS`)."""
        found = list(self._whole())
        for id, name in self.rows("SELECT id, name FROM crm_portal ORDER BY id", {}):
            if portal is None or name == portal:
                found += self._of_portal(id, name, chunk, before)
        return found

    def _of_portal(self, id: int, name: str, chunk: int | None, before: int) -> Iterator[Finding]:
        for check in CHECKS:
            for row in self.rows(check.sql, {"portal": id}):
                yield Finding(check.rule, check.name, name, tuple(row))
        if chunk is not None:
            for row in self.rows(WHOLE_CHUNKS.sql, {"portal": id, "chunk": chunk, "before": before}):
                yield Finding(WHOLE_CHUNKS.rule, WHOLE_CHUNKS.name, name, tuple(row))


def live_switch(auditor: Auditor, portal: str) -> tuple[str, int, int] | None:
    """The live switch of a portal: its key, how many leads it had, and how many outcomes it has; None without one."""
    found = auditor.rows(
        "SELECT s.key, s.at_begin, (SELECT count(*) FROM crm_outcome o WHERE o.portal = s.portal"
        " AND o.epoch = s.epoch) FROM crm_switch s JOIN crm_portal p ON p.id = s.portal"
        " AND p.switch_key = s.key WHERE p.name = :portal",
        {"portal": portal},
    )
    return None if not found else (found[0][0], found[0][1], found[0][2])


@contextmanager
def auditor_of(url: str, schema: str | None = None) -> Iterator[Auditor]:
    """An auditor of a database, named as SQLAlchemy names it: `sqlite:///crm.db`, `postgresql+psycopg://…`."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as connection:
            connection.execute("PRAGMA query_only = ON")
            yield on_sqlite(connection)
        return
    import psycopg

    options = "" if schema is None else f"-csearch_path={schema}"
    with psycopg.connect("postgresql" + url[url.index("://") :], autocommit=True, options=options) as server:
        yield on_postgresql(server)


def on_postgresql(connection: Any) -> Auditor:
    """An auditor on a connection of psycopg."""
    return Auditor(lambda sql, values: connection.execute(_for_postgresql(sql).encode(), values).fetchall())


def on_sqlite(connection: sqlite3.Connection) -> Auditor:
    """An auditor on a connection to a file of SQLite, which is itself looked at too."""

    def rows(sql: str, values: dict[str, Any]) -> list[Any]:
        return connection.execute(_for_sqlite(sql), values).fetchall()

    def whole() -> Iterator[Finding]:
        for (said,) in rows("PRAGMA integrity_check", {}):
            if said != "ok":
                yield Finding("SWITCH-4", "the file is whole", "", (said,))
        for row in rows("PRAGMA foreign_key_check", {}):
            yield Finding("SWITCH-4", "no link leads nowhere", "", tuple(row))

    return Auditor(rows, whole=whole)


def _for_sqlite(sql: str) -> str:
    return sql.replace("@each(", "json_each(").replace("@json", "")


def _for_postgresql(sql: str) -> str:
    """The same statement with PostgreSQL's casts, and with the driver's kind of parameters."""
    parts = sql.replace("%", "%%").replace("@json", "::json").split("@each(")
    made = [parts[0]]
    for part in parts[1:]:
        depth = at = 0
        while depth >= 0:
            depth += {"(": 1, ")": -1}.get(part[at], 0)
            at += 1
        name = part[at + 1]
        made.append(f"json_array_elements(({part[: at - 1]})::json) {name}(value)" + part[at + 2 :])
    return (
        "".join(made).replace(":portal", "%(portal)s").replace(":chunk", "%(chunk)s").replace(":before", "%(before)s")
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit a database and print what is wrong: 0 where nothing is, 1 otherwise."""
    parser = argparse.ArgumentParser(description="Audit a crmcore database in plain SQL.")
    parser.add_argument("url")
    parser.add_argument("--portal")
    parser.add_argument("--schema")
    asked = parser.parse_args(arguments)
    with auditor_of(asked.url, asked.schema) as auditor:
        found = auditor.findings(asked.portal)
        portals = len(auditor.rows("SELECT id FROM crm_portal", {}))
    for finding in found:
        sys.stdout.write(f"{finding.rule}: {finding.check}: {finding.portal}: {finding.ids}\n")
    sys.stdout.write(f"{len(CHECKS)} checks, {portals} portals, {len(found)} findings\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
