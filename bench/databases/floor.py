"""The floor on a database: a whole switch as set-based SQL over the library's own tables, without rules or checks.

It writes the rows that the library writes (a test compares every table), under the same settings of the database:
records, bindings in both directions, ledger, outcomes, numbers, versions, match index, counters.

lines: the statements of one switch, to be read in one piece.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from crmcore.adapters.sql.connection.engines import SETTINGS

__all__ = ["begin", "convert", "finish", "opened"]

NOW = "2026-01-01T00:00:00+00:00"
KEY = "bench"
TERMS = (
    '{"client":"both","pipeline_id":0,"deal_stage":"NEW","lead_stage":"CONVERTED",'
    '"keep_activities":true,"match":"none"}'
)
POLICY = '{"client":"both","pipeline_id":0,"keep_activities":true}'
OUTCOME = '["converted",null,false,1,1,2,0,2]'

_CARD = "responsible, opened, address, comments, origin, utm, custom, created_at"
_TAKEN = "l.responsible, l.opened, l.address, l.comments, l.origin, l.utm, l.custom, :now"
_PERSON = "honorific, first_name, middle_name, last_name, birth_date, job_title"

#: The leads of this key range with the ids of what is made of them; W(N) has the leads 1 to N.
_MAP = (
    "CREATE TEMP TABLE made (lead bigint PRIMARY KEY, deal bigint, contact bigint, company bigint)",
    """INSERT INTO made SELECT id, id, id + :contacts, id FROM crm_lead
    WHERE portal = :portal AND semantics = 'P' AND id BETWEEN :low AND :high""",
    "ANALYZE made",
)
_FROM = "FROM made AS m JOIN crm_lead AS l ON l.portal = :portal AND l.id = m.lead ORDER BY m.lead"
_ACTIVITIES = "SELECT b.activity FROM crm_binding AS b WHERE b.portal = :portal AND b.kind = 0 AND b.id = m.lead"

_STATEMENTS = (
    f"""INSERT INTO crm_company (portal, id, version, {_CARD}, title, contact_points, lead_id)
    SELECT :portal, m.company, 1, {_TAKEN}, coalesce(l.company_title, l.title, 'Lead #' || l.id), l.contact_points, l.id
    {_FROM}""",
    f"""INSERT INTO crm_contact (portal, id, version, {_CARD}, {_PERSON}, contact_points, source, source_description,
    company_id, lead_id)
    SELECT :portal, m.contact, 1, {_TAKEN}, {", ".join("l." + each for each in _PERSON.split(", "))}, l.contact_points,
    l.source, l.source_description, m.company, l.id {_FROM}""",
    f"""INSERT INTO crm_deal (portal, id, version, {_CARD}, pipeline_id, stage, semantics, title, amount, currency,
    source, source_description, contact_id, company_id, lead_id)
    SELECT :portal, m.deal, 1, {_TAKEN}, 0, 'NEW', 'P', coalesce(l.title, 'Lead #' || l.id), l.amount, l.currency,
    l.source, l.source_description, m.contact, m.company, l.id {_FROM}""",
    f"""INSERT INTO crm_ledger (portal, lead, deal, contact, company, amount, currency, activity_ids, not_carried,
    converted_at)
    SELECT :portal, m.lead, m.deal, m.contact, m.company, l.amount, l.currency, (SELECT {{ids}} FROM ({_ACTIVITIES}
    ORDER BY b.activity) AS a), '[]', :now {_FROM}""",
    """INSERT INTO crm_outcome
    (portal, epoch, lead, kind, code, added, contacts, companies, bound, completed, kept_open)
    SELECT :portal, :epoch, m.lead, 'converted', NULL, {false}, 1, 1, 2, 0, 2 FROM made AS m ORDER BY m.lead""",
    *(
        f"""INSERT INTO crm_binding (portal, activity, kind, id) SELECT :portal, b.activity, {code}, m.{name}
        FROM made AS m JOIN crm_binding AS b ON b.portal = :portal AND b.kind = 0 AND b.id = m.lead"""
        for code, name in ((1, "deal"), (2, "contact"), (3, "company"))
    ),
    *(
        f"""INSERT INTO crm_match (portal, kind, point, form, id, version, held)
        SELECT :portal, {code}, {{point}}, {{key}}, m.{name}, 1, {{true}}
        FROM made AS m JOIN crm_lead AS l ON l.portal = :portal AND l.id = m.lead{{points}}"""
        for code, name in ((2, "contact"), (3, "company"))
    ),
    """UPDATE crm_lead SET version = crm_lead.version + 1, stage = 'CONVERTED', semantics = 'S', contact_id = m.contact,
    company_id = m.company, deal_id = m.deal FROM made AS m WHERE crm_lead.portal = :portal AND crm_lead.id = m.lead""",
    """INSERT INTO crm_tally (portal, epoch, slot, outcome, number)
    SELECT :portal, :epoch, :slot, :outcome, count(*) FROM made""",
    "DROP TABLE made",
)

_KEY = "CASE {point} WHEN 'email' THEN lower({value}) ELSE replace({value}, ' ', '') END"


def _dialect(point: str, value: str, points: str, ids: str, no: str, yes: str) -> tuple[str, ...]:
    words = {
        "point": point, "key": _KEY.format(point=point, value=value), "points": points, "ids": ids, "false": no,
        "true": yes,
    }  # fmt: skip
    return tuple(statement.format_map(words) for statement in _STATEMENTS)


_SQLITE = _dialect(
    "json_extract(p.value, '$[0]')", "json_extract(p.value, '$[2]')", ", json_each(l.contact_points) AS p",
    "json_group_array(activity)", "0", "1",
)  # fmt: skip
_POSTGRES = _dialect(
    "p.value->>0", "p.value->>2", ", jsonb_array_elements(l.contact_points::jsonb) AS p",
    "'[' || string_agg(activity::text, ',') || ']'", "false", "true",
)  # fmt: skip


class Database:
    """A connection of the driver, and the statements in its words."""

    def __init__(self, connection: Any, sqlite: bool) -> None:
        self.connection = connection
        self.sqlite = sqlite
        self.statements = _SQLITE if sqlite else _POSTGRES
        self.portal = connection.execute("SELECT min(id) FROM crm_portal").fetchone()[0]

    def run(self, statement: str, **values: Any) -> Any:
        """One statement with values by name."""
        if not self.sqlite:
            statement = re.sub(r"(?<!:):([a-z]+)", r"%(\1)s", statement)
        return self.connection.execute(statement, {"portal": self.portal, **values})


@contextmanager
def opened(url: str, schema: str | None = None) -> Iterator[Database]:
    """A database of the library under the library's settings."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as lite:
            for setting in (*SETTINGS, "journal_mode=WAL"):
                lite.execute(f"PRAGMA {setting}")
            yield Database(lite, True)
        return
    import psycopg

    # Utility statements take no values from the server.
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        if schema:
            connection.execute(f'SET search_path TO "{schema}"'.encode())
        yield Database(connection, False)


def begin(database: Database) -> int:
    """Open the switch in a transaction of its own; answers its epoch."""
    database.run("BEGIN IMMEDIATE" if database.sqlite else "BEGIN")
    epoch = int(database.run("SELECT epoch FROM crm_portal WHERE id = :portal").fetchone()[0]) + 1
    database.run(
        """UPDATE crm_portal SET epoch = :epoch, switch_key = :key, switch_epoch = :epoch, switch_terms = :terms,
        settings_version = settings_version + 1 WHERE id = :portal""",
        epoch=epoch, key=KEY, terms=TERMS,
    )  # fmt: skip
    database.run(
        """INSERT INTO crm_switch (portal, key, version, epoch, terms, at_begin, began_at)
        SELECT :portal, :key, 1, :epoch, :terms, count(*), :now FROM crm_lead WHERE portal = :portal
        AND semantics = 'P'""",
        key=KEY, epoch=epoch, terms=TERMS, now=NOW,
    )  # fmt: skip
    database.run("COMMIT")
    return epoch


def convert(database: Database, epoch: int, low: int, high: int, *, slot: int = 0) -> None:
    """Convert the active leads of a range of ids in one transaction."""
    database.run("BEGIN IMMEDIATE" if database.sqlite else "BEGIN")
    contacts = database.run(
        "SELECT coalesce(max(id), 0) FROM crm_contact WHERE portal = :portal AND lead_id IS NULL"
    ).fetchone()[0]
    values = {
        "now": NOW, "epoch": epoch, "low": low, "high": high, "contacts": contacts, "slot": slot, "outcome": OUTCOME,
    }  # fmt: skip
    for statement in (*_MAP, *database.statements):
        database.run(statement, **{name: value for name, value in values.items() if f":{name}" in statement})
    database.run("COMMIT")


def finish(database: Database) -> int:
    """End the switch; answers how many deals there are."""
    database.run("BEGIN IMMEDIATE" if database.sqlite else "BEGIN")
    for kind, table in (("deal", "deal"), ("contact", "contact"), ("company", "company")):
        database.run(
            f"""INSERT INTO crm_counter (portal, kind, last) SELECT :portal, :kind, max(id) FROM crm_{table}
            WHERE portal = :portal ON CONFLICT (portal, kind) DO UPDATE SET last = excluded.last""",
            kind=kind,
        )
    database.run(
        "UPDATE crm_switch SET version = version + 1, ended = 'finished', ended_at = :now WHERE portal = :portal",
        now=NOW,
    )
    database.run(
        """UPDATE crm_portal SET mode = 2, epoch = epoch + 1, switch_key = NULL, switch_epoch = NULL,
        switch_terms = NULL, last_policy = :policy, settings_version = settings_version + 1 WHERE id = :portal""",
        policy=POLICY,
    )
    database.run("COMMIT")
    return int(database.run("SELECT count(*) FROM crm_deal WHERE portal = :portal").fetchone()[0])
