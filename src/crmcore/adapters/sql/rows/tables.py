"""The tables of the SQL store: one schema for SQLite and PostgreSQL, many CRMs ("portals") side by side.

Scalars have their own columns. Values that are always read as a whole are compact JSON text (`texts` defines its form),
and decimals and instants are exact text, so that nothing is rounded and both databases store the same.
Every text column of PostgreSQL compares by code point, as SQLite and Python do.

The schema enforces what it can, in addition to the rules: a lead is in the ledger once, a deal has one source and a
source one deal, a match key has one row, and every link has a target. A deleted record keeps its row with
`deleted_at` and its links; everything else in it is null (DATA-3).

The indexes stand in `indexes`.

lines: all tables, to be read in one piece.
"""

from typing import Any

from sqlalchemy import (
    TEXT,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Sequence,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql

from crmcore.domain.model.ids import CARDS

__all__ = [
    "BINDING_CODES",
    "BINDING_KINDS",
    "activity",
    "actor_role",
    "binding",
    "command",
    "company",
    "contact",
    "counter",
    "deal",
    "event",
    "lead",
    "ledger",
    "match",
    "match_key",
    "metadata",
    "outcome",
    "pipeline",
    "portal",
    "role",
    "role_level",
    "staged_activity",
    "staged_binding",
    "staged_company",
    "staged_contact",
    "staged_lead",
    "staged_match",
    "staged_part",
    "staged_read",
    "staging",
    "switch",
    "tally",
]

#: What `crm_binding.kind` and `crm_match.kind` mean, by number.
#: What a stored kind of a binding or match key means: its place, which is never given to another kind.
BINDING_KINDS = CARDS
BINDING_CODES = {kind: code for code, kind in enumerate(BINDING_KINDS)}

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_unique_%(column_0_N_name)s",
        "ck": "%(table_name)s_check_%(constraint_name)s",
        "fk": "%(table_name)s_knows_%(column_0_N_name)s",
        "pk": "%(table_name)s_pkey",
    }
)

_Text = Text().with_variant(TEXT(collation="C"), "postgresql")


def _texts(*names: str, null: bool = True, **more: Any) -> list[Column[Any]]:
    return [Column(name, _Text, nullable=null, **more) for name in names]


def _ids(*names: str, null: bool = False) -> list[Column[Any]]:
    return [Column(name, BigInteger, nullable=null) for name in names]


def _counts(*names: str) -> list[Column[Any]]:
    return [Column(name, Integer, nullable=False) for name in names]


def _flag(name: str, *, null: bool = False, **more: Any) -> Column[Any]:
    return Column(name, Boolean(create_constraint=False), nullable=null, **more)


def _portal(*, known: bool = True) -> Column[Any]:
    """The CRM that a row belongs to; rows that link to another row of it need no link of their own."""
    return Column("portal", Integer, *([ForeignKey("crm_portal.id")] if known else []), nullable=False)


def _version() -> Column[Any]:
    return Column("version", BigInteger, CheckConstraint("version >= 1", "version"), nullable=False)


def _knows(*, later: bool = False, **tables: str) -> list[ForeignKeyConstraint]:
    """Links to other records of the same CRM, by column; `later` where the other table links back."""
    return [
        ForeignKeyConstraint(["portal", column], [f"crm_{table}.portal", f"crm_{table}.id"], use_alter=later)
        for column, table in tables.items()
    ]


def _table(name: str, *parts: Any) -> Table:
    # The rows lie in the order of their keys; SQLite would keep a second tree otherwise.
    return Table(f"crm_{name}", metadata, *parts, sqlite_with_rowid=False)


def _card() -> tuple[Column[Any], ...]:
    """What lead, deal, contact and company have in common; empty in a deleted one."""
    return (
        *_ids("responsible", null=True),
        _flag("opened", null=True),
        *_texts("address", "comments", "origin", "utm", "custom", "created_at"),
    )


def _person() -> list[Column[Any]]:
    return _texts("honorific", "first_name", "middle_name", "last_name", "birth_date", "job_title")


def _alive(more: str = "", gone: str = "contact_points") -> tuple[CheckConstraint, ...]:
    """What a record has unless it was deleted; one of the columns that it has no longer stands for all of them."""
    return (
        CheckConstraint(f"deleted_at IS NOT NULL OR (responsible IS NOT NULL AND opened IS NOT NULL{more})", "whole"),
        CheckConstraint(f"deleted_at IS NULL OR {gone} IS NULL", "deleted"),
    )


_SEMANTICS = "semantics IN ('P', 'S', 'F')"

#: One CRM with its settings, its lead stages and its plan. `switch_*` describe the live switch, if there is one.
portal = Table(
    "crm_portal",
    metadata,
    Column("id", Integer, primary_key=True),
    *_texts("name", null=False),
    Column("mode", SmallInteger, CheckConstraint("mode IN (1, 2)", "mode"), nullable=False),
    *_ids("epoch"),
    *_texts("switch_key"),
    *_ids("switch_epoch", null=True),
    *_texts("switch_terms"),
    *_texts("match_setting", "repeat_inquiry", null=False),
    *_texts("last_policy"),
    Column("settings_version", BigInteger, nullable=False),
    *_texts("stages", null=False),
    Column("stages_version", BigInteger, nullable=False),
    _flag("has_classic", server_default=sql("true")),
    _flag("keeps_events", server_default=sql("false")),
    _flag("own_leads", server_default=sql("false")),
    UniqueConstraint("name"),
    CheckConstraint(
        "(switch_key IS NULL) = (switch_epoch IS NULL) AND (switch_key IS NULL) = (switch_terms IS NULL)", "switch"
    ),
)

#: The last id that was handed out or imported, by kind of record.
counter = _table(
    "counter",
    _portal(),
    *_texts("kind", null=False),
    *_ids("last"),
    PrimaryKeyConstraint("portal", "kind"),
)

pipeline = _table(
    "pipeline",
    _portal(),
    *_ids("id"),
    _version(),
    *_texts("name"),
    *_texts("stages", null=False),
    _flag("archived"),
    PrimaryKeyConstraint("portal", "id"),
)

lead = _table(
    "lead",
    _portal(),
    *_ids("id"),
    _version(),
    *_texts("deleted_at"),
    *_card(),
    *_texts("stage", "semantics", "title"),
    *_person(),
    *_texts("company_title", "contact_points", "source", "source_description", "stage_description"),
    *_texts("amount", "currency", "observers"),
    *_ids("contact_id", "company_id", "deal_id", null=True),
    PrimaryKeyConstraint("portal", "id"),
    *_knows(later=True, contact_id="contact", company_id="company", deal_id="deal"),
    CheckConstraint(
        f"deleted_at IS NOT NULL OR (responsible IS NOT NULL AND opened IS NOT NULL AND stage IS NOT NULL"
        f" AND {_SEMANTICS})",
        "whole",
    ),
    CheckConstraint("deleted_at IS NULL OR (semantics IS NULL AND contact_points IS NULL)", "deleted"),
    CheckConstraint("deal_id IS NULL OR deleted_at IS NOT NULL OR semantics = 'S'", "converted"),
)

company = _table(
    "company",
    _portal(known=False),
    *_ids("id"),
    _version(),
    *_card(),
    *_texts("title", "contact_points"),
    *_ids("lead_id", null=True),
    *_texts("deleted_at"),
    PrimaryKeyConstraint("portal", "id"),
    *_knows(lead_id="lead"),
    *_alive(),
)

contact = _table(
    "contact",
    _portal(known=False),
    *_ids("id"),
    _version(),
    *_card(),
    *_person(),
    *_texts("contact_points", "source", "source_description"),
    *_ids("company_id", "lead_id", null=True),
    *_texts("deleted_at"),
    PrimaryKeyConstraint("portal", "id"),
    *_knows(company_id="company", lead_id="lead"),
    *_alive(),
)

deal = _table(
    "deal",
    _portal(known=False),
    *_ids("id"),
    _version(),
    *_card(),
    *_ids("pipeline_id", null=True),
    *_texts("stage", "semantics", "title", "amount", "currency", "source", "source_description"),
    *_ids("contact_id", "company_id", "lead_id", null=True),
    *_texts("deleted_at"),
    PrimaryKeyConstraint("portal", "id"),
    *_knows(pipeline_id="pipeline", contact_id="contact", company_id="company", lead_id="lead"),
    *_alive(
        f" AND pipeline_id IS NOT NULL AND stage IS NOT NULL AND semantics IS NOT NULL AND {_SEMANTICS}", "semantics"
    ),
)

activity = _table(
    "activity",
    _portal(),
    *_ids("id"),
    _version(),
    *_texts("deleted_at", "kind", "subject", "description"),
    *_ids("responsible", null=True),
    *_texts("deadline", "created_at"),
    _flag("completed", null=True),
    *_texts("completed_at", "unbound"),
    PrimaryKeyConstraint("portal", "id"),
    CheckConstraint("deleted_at IS NOT NULL OR (kind IS NOT NULL AND completed IS NOT NULL)", "whole"),
    CheckConstraint("completed_at IS NULL OR completed", "completed"),
)

#: What activities are bound to: one row per activity and record, read in both directions.
binding = _table(
    "binding",
    _portal(known=False),
    *_ids("activity"),
    Column("kind", SmallInteger, CheckConstraint("kind BETWEEN 0 AND 3", "kind"), nullable=False),
    *_ids("id"),
    PrimaryKeyConstraint("portal", "activity", "kind", "id"),
    *_knows(activity="activity"),
)

ledger = _table(
    "ledger",
    _portal(known=False),
    *_ids("lead", "deal"),
    *_ids("contact", "company", null=True),
    *_texts("amount", "currency"),
    *_texts("activity_ids", "not_carried", "converted_at", null=False),
    PrimaryKeyConstraint("portal", "lead"),
    UniqueConstraint("portal", "deal"),
    *_knows(lead="lead", deal="deal", contact="contact", company="company"),
)

#: What each switch, named by its epoch, recorded of each lead.
outcome = _table(
    "outcome",
    _portal(known=False),
    *_ids("epoch", "lead"),
    *_texts("kind", null=False),
    *_texts("code"),
    _flag("added"),
    *_counts("contacts", "companies", "bound", "completed", "kept_open"),
    PrimaryKeyConstraint("portal", "epoch", "lead"),
    *_knows(lead="lead"),
    CheckConstraint("kind IN ('converted', 'already_converted', 'closed', 'deleted', 'set_aside')", "kind"),
)

#: How often each outcome (its fields as a JSON list) was recorded: the outcomes added up, so that progress costs the
#: same at a million leads. The numbers of one switch are spread over slots, so that workers do not queue for a row.
tally = _table(
    "tally",
    _portal(),
    *_ids("epoch"),
    Column("slot", SmallInteger, nullable=False),
    *_texts("outcome", null=False),
    *_ids("number"),
    PrimaryKeyConstraint("portal", "epoch", "slot", "outcome"),
)

switch = _table(
    "switch",
    _portal(),
    *_texts("key", null=False),
    _version(),
    *_ids("epoch"),
    *_texts("terms", null=False),
    *_ids("at_begin"),
    *_texts("began_at", null=False),
    *_texts("ended", "ended_at"),
    PrimaryKeyConstraint("portal", "key"),
    CheckConstraint("ended IN ('finished', 'cancelled')", "ended"),
)

command = _table(
    "command",
    _portal(),
    *_texts("key", null=False),
    _version(),
    *_texts("fingerprint", "made", null=False),
    *_texts("not_carried", null=False, server_default=sql("'[]'")),
    PrimaryKeyConstraint("portal", "key"),
)

#: The keys that somebody looked up before creating a client: the claim of CONV-7, one row for each key.
match_key = _table(
    "match_key",
    _portal(),
    Column("kind", SmallInteger, nullable=False),
    *_texts("point", "key", null=False),
    PrimaryKeyConstraint("portal", "kind", "point", "key"),
)

#: Which lead, contact or company has which e-mail or phone (`point`), in its normal form (MATCH-1 to MATCH-4); once it
#: is taken away, `held` is false and the form a digest. The version of a key is the sum over its rows, plain or not:
#: it moves with every record that has or had the key.
match = _table(
    "match",
    _portal(known=False),
    Column("kind", SmallInteger, CheckConstraint("kind IN (0, 2, 3)", "kind"), nullable=False),
    *_texts("point", "form", null=False),
    *_ids("id"),
    Column("version", BigInteger, CheckConstraint("version >= 0", "version"), nullable=False),
    _flag("held"),
    PrimaryKeyConstraint("portal", "kind", "point", "form", "id"),
)

#: What happened, where the CRM keeps it: the fields of each event as a JSON list. `step` is the transaction that wrote
#: it, which readers on PostgreSQL go by, and 0 on SQLite, whose index of them is empty.
event = _table(
    "event",
    _portal(),
    Column("id", BigInteger, Sequence("crm_event_id", data_type=BigInteger), nullable=False),
    *_ids("step"),
    *_texts("name", "body", null=False),
    PrimaryKeyConstraint("portal", "id"),
)

#: The ids of persons whom files only named: each name has one, and each id one name.
person_name = _table(
    "person_name",
    _portal(),
    *_ids("id"),
    *_texts("name", null=False),
    PrimaryKeyConstraint("portal", "id"),
    UniqueConstraint("portal", "name"),
)

#: Imports that are staged: each has a number, and is found by its key.
staging = _table(
    "staging",
    _portal(),
    *_texts("key", null=False),
    *_ids("staging"),
    PrimaryKeyConstraint("portal", "key"),
    UniqueConstraint("staging"),
)

#: The parts of a staged import, each with the epoch and the version of the stages that it was decided on.
staged_part = _table(
    "staged_part",
    _portal(known=False),
    *_ids("staging"),
    *_counts("part"),
    *_ids("epoch"),
    *_ids("stages_version", null=True),
    *_texts("note", null=False),
    PrimaryKeyConstraint("portal", "staging", "part"),
)

#: The versions that parts were decided on of records that they do not add.
staged_read = _table(
    "staged_read",
    _portal(known=False),
    *_ids("staging"),
    *_texts("kind", null=False),
    *_ids("id"),
    Column("version", BigInteger, nullable=False),
    PrimaryKeyConstraint("portal", "staging", "kind", "id"),
)


def _staged(of: Table, *key: str) -> Table:
    """The rows of a table that an import has staged: nothing but one commit reads them, so nothing is checked here."""
    columns = [Column(each.name, each.type, nullable=each.nullable) for each in of.columns if each.name != "portal"]
    name = of.name.replace("crm_", "staged_")
    return _table(
        name, _portal(known=False), *_ids("staging"), *columns, PrimaryKeyConstraint("portal", "staging", *key)
    )


staged_lead = _staged(lead, "id")
staged_company = _staged(company, "id")
staged_contact = _staged(contact, "id")
staged_activity = _staged(activity, "id")
staged_binding = _staged(binding, "activity", "kind", "id")
staged_match = _staged(match, "id", "kind", "point", "form")

#: The roles of one CRM. A role's levels are rows of `role_level`; `pipeline_id` -1 means all pipelines.
role = _table(
    "role",
    _portal(),
    *_texts("name", null=False),
    _flag("settings"),
    _flag("export"),
    _flag("administrator"),
    PrimaryKeyConstraint("portal", "name"),
)

role_level = _table(
    "role_level",
    _portal(known=False),
    *_texts("role", "operation", "kind", null=False),
    *_ids("pipeline_id"),
    Column("level", SmallInteger, CheckConstraint("level BETWEEN 0 AND 3", "level"), nullable=False),
    PrimaryKeyConstraint("portal", "role", "operation", "kind", "pipeline_id"),
    ForeignKeyConstraint(["portal", "role"], ["crm_role.portal", "crm_role.name"]),
)

#: Who has which roles.
actor_role = _table(
    "actor_role",
    _portal(known=False),
    *_ids("actor"),
    *_texts("role", null=False),
    PrimaryKeyConstraint("portal", "actor", "role"),
    ForeignKeyConstraint(["portal", "role"], ["crm_role.portal", "crm_role.name"]),
)
