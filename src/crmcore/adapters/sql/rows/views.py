"""Read-only views of a store, for people and auditors who do not import the library; docs/spec/sql-views.md.

Each view has the portal's name first, columns that keep their meaning while tables change, and one row per record.
"""

from collections.abc import Iterator
from typing import NamedTuple

from crmcore.adapters.sql.rows.tables import BINDING_KINDS

__all__ = ["VIEWS", "Shown", "View", "views_of"]


class Shown(NamedTuple):
    """One column of a view: its name, what it is computed from, what it means."""

    name: str
    source: str
    meaning: str


class View(NamedTuple):
    """One view: its name, what a row is, the tables it is made of, its columns."""

    name: str
    row: str
    tables: str
    columns: tuple[Shown, ...]


def _same(*names: str, **meanings: str) -> tuple[Shown, ...]:
    return tuple(Shown(name, f"r.{name}", _MEANINGS[name]) for name in names) + tuple(
        Shown(name, f"r.{name}", meaning) for name, meaning in meanings.items()
    )


def _kept(table: str) -> str:
    return f"crm_{table} r JOIN crm_portal p ON p.id = r.portal"


_PORTAL = Shown("portal", "p.name", "the name of the CRM")
_MEANINGS = {
    "id": "the number of the record in its portal",
    "version": "how often it was written",
    "deleted_at": "when it was deleted; everything but ids and links is empty then",
    "responsible": "the user who is responsible",
    "opened": "whether it is open to all",
    "address": "JSON: the filled parts of the address",
    "comments": "comments",
    "origin": "JSON: which other system it came from, and its id there",
    "utm": "JSON: the campaign",
    "custom": "JSON: custom fields by code, each as type and value",
    "created_at": "when it was made",
    "honorific": "form of address",
    "first_name": "first name",
    "middle_name": "middle name",
    "last_name": "last name",
    "birth_date": "date of birth",
    "job_title": "position",
    "title": "title, or name of the company",
    "company_title": "the company as it was named",
    "source": "the source's code",
    "source_description": "about the source",
    "stage_description": "about the stage",
    "stage": "the stage's code",
    "amount": "the exact amount, as text",
    "currency": "its currency",
    "observers": "JSON: the users who observe it",
    "contact_id": "its contact",
    "company_id": "its company",
    "deal_id": "the deal that it became",
    "lead_id": "the lead that it was made from",
    "pipeline_id": "its pipeline",
    "contact_points": "JSON: every contact point as kind, type, value",
}
_STATE = Shown(
    "state",
    "CASE r.semantics WHEN 'P' THEN 'in_process' WHEN 'S' THEN 'success' WHEN 'F' THEN 'failure' END",
    "`in_process`, `success` or `failure`: what the stage means",
)
_POINTS = (
    Shown("emails", "{email}", "e-mail addresses in their order, joined by a comma and a blank"),
    Shown("phones", "{phone}", "phone numbers, in the same way"),
    *_same("contact_points"),
)
_CARD = _same("responsible", "opened", "address", "comments", "origin", "utm", "custom", "created_at")
_PERSON = _same("honorific", "first_name", "middle_name", "last_name", "birth_date", "job_title")
_MONEY = _same("amount", "currency")
_SOURCE = _same("source", "source_description")
_KINDS = " ".join(f"WHEN {code} THEN '{kind.value}'" for code, kind in enumerate(BINDING_KINDS))

#: All views, in the order of the documentation.
VIEWS = (
    View(
        "crm_portals",
        "one CRM",
        "crm_portal p",
        (
            _PORTAL,
            Shown("mode", "CASE p.mode WHEN 1 THEN 'classic' ELSE 'simple' END", "the stored mode"),
            Shown("epoch", "p.epoch", "a number that grows with every change of mode"),
            Shown("live_switch", "p.switch_key", "the key of the switch that is live, if one is"),
            Shown("has_classic", "p.has_classic", "whether the plan has Classic"),
            Shown("match_setting", "p.match_setting", "whether clients are found by e-mail: `none` or `email`"),
        ),
    ),
    View(
        "crm_leads",
        "one lead, deleted ones included",
        _kept("lead"),
        (
            _PORTAL,
            *_same("id", "version", "deleted_at", "stage"),
            _STATE,
            *_same("title"),
            *_PERSON,
            *_same("company_title"),
            *_POINTS,
            *_SOURCE,
            *_same("stage_description"),
            *_MONEY,
            *_same("observers", "contact_id", "company_id", "deal_id"),
            *_CARD,
        ),
    ),
    View(
        "crm_deals",
        "one deal, deleted ones included",
        _kept("deal"),
        (
            _PORTAL,
            *_same("id", "version", "pipeline_id", "stage"),
            _STATE,
            *_same("title"),
            *_MONEY,
            *_SOURCE,
            *_same("contact_id", "company_id", "lead_id"),
            *_CARD,
            *_same("deleted_at"),
        ),
    ),
    View(
        "crm_contacts",
        "one contact, deleted ones included",
        _kept("contact"),
        (
            _PORTAL,
            *_same("id", "version"),
            *_PERSON,
            *_POINTS,
            *_SOURCE,
            *_same("company_id", "lead_id"),
            *_CARD,
            *_same("deleted_at"),
        ),
    ),
    View(
        "crm_companies",
        "one company, deleted ones included",
        _kept("company"),
        (_PORTAL, *_same("id", "version", "title"), *_POINTS, *_same("lead_id"), *_CARD, *_same("deleted_at")),
    ),
    View(
        "crm_activities",
        "one activity, deleted ones included",
        _kept("activity"),
        (
            _PORTAL,
            *_same("id", "version", "deleted_at"),
            *_same(
                kind="`call`, `email` and so on",
                subject="subject",
                description="description",
                responsible="the user who is responsible",
                deadline="when it is due",
                created_at="when it was made",
                completed="whether it is completed",
                completed_at="when it was completed",
            ),
        ),
    ),
    View(
        "crm_bindings",
        "one activity and one record that it is bound to",
        _kept("binding"),
        (
            _PORTAL,
            Shown("activity_id", "r.activity", "the activity"),
            Shown("kind", f"CASE r.kind {_KINDS} END", "`lead`, `deal`, `contact` or `company`"),
            Shown("id", "r.id", "the record"),
        ),
    ),
    View(
        "crm_ledger_rows",
        "one conversion, kept for ever",
        _kept("ledger"),
        (
            _PORTAL,
            Shown("lead_id", "r.lead", "the lead; each lead has one row at most"),
            Shown("deal_id", "r.deal", "the deal that it became"),
            Shown("contact_id", "r.contact", "the contact of that deal"),
            Shown("company_id", "r.company", "the company of that deal"),
            Shown("amount", "r.amount", "the exact amount at the conversion, as text"),
            Shown("currency", "r.currency", "its currency"),
            Shown("activity_ids", "r.activity_ids", "JSON: the activities that came along"),
            Shown("not_carried", "r.not_carried", "JSON: the filled fields that no record took over"),
            Shown("converted_at", "r.converted_at", "when it was converted"),
        ),
    ),
    View(
        "crm_switches",
        "one switch to Simple, live or ended",
        _kept("switch"),
        (
            _PORTAL,
            Shown("key", "r.key", "the name of the switch"),
            Shown("epoch", "r.epoch", "its epoch, by which its outcomes are found"),
            Shown("terms", "r.terms", "JSON: the frozen policy"),
            Shown("at_begin", "r.at_begin", "how many leads were active when it began"),
            Shown("began_at", "r.began_at", "when it began"),
            Shown("ended", "r.ended", "`finished`, `cancelled`, or empty while it is live"),
            Shown("ended_at", "r.ended_at", "when it ended"),
        ),
    ),
    View(
        "crm_outcomes",
        "what one switch recorded of one lead",
        f"{_kept('outcome')} JOIN crm_switch s ON s.portal = r.portal AND s.epoch = r.epoch",
        (
            _PORTAL,
            Shown("switch", "s.key", "the name of the switch"),
            Shown("epoch", "r.epoch", "its epoch"),
            Shown("lead_id", "r.lead", "the lead"),
            Shown("outcome", "r.kind", "`converted`, `already_converted`, `closed`, `deleted` or `set_aside`"),
            Shown("code", "r.code", "why it was set aside"),
            Shown("added", "r.added", "whether the lead was added while the switch was live"),
            Shown("contacts", "r.contacts", "contacts made"),
            Shown("companies", "r.companies", "companies made"),
            Shown("bound", "r.bound", "activities bound to the deal"),
            Shown("completed", "r.completed", "of these completed by the switch"),
            Shown("kept_open", "r.kept_open", "of these kept open"),
        ),
    ),
    View(
        "crm_actor_roles",
        "one role of one user",
        _kept("actor_role"),
        (
            _PORTAL,
            Shown("actor", "r.actor", "the user"),
            Shown("role", "r.role", "the name of the role"),
        ),
    ),
)

_POINTS_OF = {
    "sqlite": "(SELECT group_concat(json_extract(value, '$[2]'), ', ')"
    " FROM json_each(r.contact_points) WHERE json_extract(value, '$[0]') = '{kind}')",
    "postgresql": "(SELECT string_agg(e.value ->> 2, ', ' ORDER BY e.place)"
    " FROM json_array_elements(r.contact_points::json) WITH ORDINALITY e(value, place) WHERE e.value ->> 0 = '{kind}')",
}


def views_of(database: str) -> Iterator[str]:
    """The statements that make the views on `sqlite` or `postgresql`."""
    points = {kind: _POINTS_OF[database].format(kind=kind) for kind in ("email", "phone")}
    for view in VIEWS:
        columns = ",\n  ".join(
            f"{points.get(column.source.strip('{}'), column.source)} AS {column.name}" for column in view.columns
        )
        yield f"CREATE VIEW {view.name} AS\nSELECT\n  {columns}\nFROM {view.tables}"
