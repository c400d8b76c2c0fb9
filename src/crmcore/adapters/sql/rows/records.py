"""Records as rows and rows as records: explicit tuples in the order of the tables' columns, without `portal`.

Records are made without a check (`domain.model.making`); who reads rows checks them once they are made
(`domain.model.integrity`), or looks at a whole chunk of rows at once (`rows.glance`).

lines: one pair of functions for each kind of record, to be read beside the tables.
"""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Table

from crmcore.adapters.sql.rows import tables, texts
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.model.lead import NO_NAME, Lead
from crmcore.domain.model.ledger import CommandRecord, LedgerRow, SwitchRecord
from crmcore.domain.model.making import unchecked
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.model.tombstone import LINKS, Tombstone
from crmcore.domain.model.values import Money

__all__ = ["COLUMNS", "FROM_ROW", "ID_COLUMNS", "TABLES", "TO_ROW", "Row", "load_outcome_row"]

Row = Sequence[Any]

TABLES: dict[Kind, Table] = {
    Kind.LEAD: tables.lead,
    Kind.DEAL: tables.deal,
    Kind.CONTACT: tables.contact,
    Kind.COMPANY: tables.company,
    Kind.ACTIVITY: tables.activity,
    Kind.PIPELINE: tables.pipeline,
    Kind.LEDGER: tables.ledger,
    Kind.SWITCH: tables.switch,
    Kind.COMMAND: tables.command,
    Kind.OUTCOME: tables.outcome,
}
#: The columns of a row, in the order of the functions below.
COLUMNS: dict[Kind, tuple[str, ...]] = {
    kind: tuple(column.name for column in table.columns if column.name != "portal") for kind, table in TABLES.items()
}
#: The column that tells the records of a kind apart.
ID_COLUMNS: dict[Kind, str] = {
    kind: {Kind.LEDGER: "lead", Kind.OUTCOME: "lead", Kind.SWITCH: "key", Kind.COMMAND: "key"}.get(kind, "id")
    for kind in TABLES
}

_SEMANTICS = {each.value: each for each in StageSemantics}
#: Values go in by position, in the order of the fields of the class.
_make_lead: Callable[..., Lead] = unchecked(Lead)
_make_deal: Callable[..., Deal] = unchecked(Deal)
_make_contact: Callable[..., Contact] = unchecked(Contact)
_make_company: Callable[..., Company] = unchecked(Company)
_make_activity: Callable[..., Activity] = unchecked(Activity)
_make_ledger: Callable[..., LedgerRow] = unchecked(LedgerRow)


@lru_cache(1_000)
def _texts(text: str) -> tuple[Any, ...]:
    """A list of which a few distinct ones stand for all."""
    return tuple(texts.load(text))


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _money(amount: str | None, currency: str | None) -> Money | None:
    if amount is None and currency is None:
        return None
    return texts.make_money(None if amount is None else Decimal(amount), currency)


def _money_texts(money: Money | None) -> tuple[str | None, str | None]:
    if money is None:
        return None, None
    return None if money.amount is None else str(money.amount), money.currency


def _name(parts: tuple[str | None, ...]) -> Any:
    return NO_NAME if parts == (None, None, None, None) else texts.load_name(*parts)


def _when(value: Any) -> str | None:
    return None if value is None else value.isoformat()


def _card(card: Any) -> tuple[Any, ...]:
    return (
        card.responsible,
        card.opened,
        texts.dump_parts(card.address),
        card.comments,
        texts.dump_parts(card.origin),
        texts.dump_parts(card.utm),
        texts.dump_custom(card.custom),
        _when(card.created_at),
    )


def _person(card: Any) -> tuple[Any, ...]:
    name = card.name
    return (name.honorific, name.first, name.middle, name.last, _when(card.birth_date), card.job_title)


def _stone_row(stone: Tombstone, version: int) -> Row:
    """What stays of a deleted record: every column is empty but its id, version, links and when it was deleted."""
    links = ((name, getattr(stone, name)) for name in LINKS)
    kept = {"id": stone.id, "version": version, "deleted_at": stone.deleted_at.isoformat(), **dict(links)}
    return tuple(kept.get(name) for name in COLUMNS[stone.kind])


def _load_stone(kind: Kind, row: Row) -> Tombstone:
    """What stays of a deleted record again."""
    kept = dict(zip(COLUMNS[kind], row, strict=True))
    links = {name: kept.get(name) for name in LINKS}
    return Tombstone(kind=kind, id=kept["id"], deleted_at=texts.instant(kept["deleted_at"]), **links)


def lead_row(lead: Lead | Tombstone, version: int) -> Row:
    """A lead, or what stays of it."""
    if isinstance(lead, Tombstone):
        return _stone_row(lead, version)
    return (
        lead.id,
        version,
        None,
        *_card(lead),
        lead.stage,
        lead.semantics.value,
        lead.title,
        *_person(lead),
        lead.company_title,
        texts.dump_points(lead.contact_points),
        lead.source,
        lead.source_description,
        lead.stage_description,
        *_money_texts(lead.amount),
        texts.dump(list(lead.observers)) if lead.observers else None,
        lead.contact_id,
        lead.company_id,
        lead.deal_id,
    )


def load_lead(row: Row) -> Lead | Tombstone:
    """A lead again."""
    (
        id, _, deleted_at, responsible, opened, address, comments, origin, utm, custom, created_at, stage, semantics,
        title, honorific, first, middle, last, birth_date, job_title, company_title, points, source,
        source_description, stage_description, amount, currency, observers, contact_id, company_id, deal_id,
    ) = row  # fmt: skip
    if deleted_at is not None:
        return _load_stone(Kind.LEAD, row)
    return _make_lead(
        responsible,
        texts.FLAGS[opened],
        None if address is None else texts.load_address(address),
        comments,
        None if origin is None else texts.load_origin(origin),
        None if utm is None else texts.load_utm(utm),
        texts.load_custom(custom),
        None if created_at is None else texts.instant(created_at),
        id,
        stage,
        _SEMANTICS[semantics],
        title,
        _name((honorific, first, middle, last)),
        None if birth_date is None else _day(birth_date),
        job_title,
        company_title,
        texts.load_points(points),
        source,
        source_description,
        stage_description,
        _money(amount, currency),
        () if observers is None else tuple(texts.load(observers)),
        contact_id,
        company_id,
        deal_id,
    )


def deal_row(deal: Deal | Tombstone, version: int) -> Row:
    """A deal, or what stays of it."""
    if isinstance(deal, Tombstone):
        return _stone_row(deal, version)
    return (
        deal.id,
        version,
        *_card(deal),
        deal.pipeline_id,
        deal.stage,
        deal.semantics.value,
        deal.title,
        *_money_texts(deal.amount),
        deal.source,
        deal.source_description,
        deal.contact_id,
        deal.company_id,
        deal.lead_id,
        None,
    )


def _load_card(row: Row) -> tuple[Any, ...]:
    """The fields of every card, which come first."""
    responsible, opened, address, comments, origin, utm, custom, created_at = row
    return (
        responsible,
        texts.FLAGS[opened],
        None if address is None else texts.load_address(address),
        comments,
        None if origin is None else texts.load_origin(origin),
        None if utm is None else texts.load_utm(utm),
        texts.load_custom(custom),
        None if created_at is None else texts.instant(created_at),
    )


def load_deal(row: Row) -> Deal | Tombstone:
    """A deal again."""
    pipeline_id, stage, semantics, title, amount, currency, *others, deleted_at = row[10:]
    if deleted_at is not None:
        return _load_stone(Kind.DEAL, row)
    return _make_deal(
        *_load_card(row[2:10]),
        row[0],
        pipeline_id,
        stage,
        _SEMANTICS[semantics],
        title,
        _money(amount, currency),
        *others,
    )


def contact_row(contact: Contact | Tombstone, version: int) -> Row:
    """A contact, or what stays of it."""
    if isinstance(contact, Tombstone):
        return _stone_row(contact, version)
    return (
        contact.id,
        version,
        *_card(contact),
        *_person(contact),
        texts.dump_points(contact.contact_points),
        contact.source,
        contact.source_description,
        contact.company_id,
        contact.lead_id,
        None,
    )


def load_contact(row: Row) -> Contact | Tombstone:
    """A contact again."""
    birth_date, job_title, points, *others, deleted_at = row[14:]
    if deleted_at is not None:
        return _load_stone(Kind.CONTACT, row)
    return _make_contact(
        *_load_card(row[2:10]),
        row[0],
        _name(tuple(row[10:14])),
        _day(birth_date),
        job_title,
        texts.load_points(points),
        *others,
    )


def company_row(company: Company | Tombstone, version: int) -> Row:
    """A company, or what stays of it."""
    if isinstance(company, Tombstone):
        return _stone_row(company, version)
    return (
        company.id,
        version,
        *_card(company),
        company.title,
        texts.dump_points(company.contact_points),
        company.lead_id,
        None,
    )


def load_company(row: Row) -> Company | Tombstone:
    """A company again."""
    title, points, lead_id, deleted_at = row[10:]
    if deleted_at is not None:
        return _load_stone(Kind.COMPANY, row)
    return _make_company(*_load_card(row[2:10]), row[0], title, texts.load_points(points), lead_id)


def activity_row(activity: Activity | Tombstone, version: int) -> Row:
    """An activity, or what stays of it."""
    if isinstance(activity, Tombstone):
        return _stone_row(activity, version)
    return (
        activity.id,
        version,
        None,
        activity.kind,
        activity.subject,
        activity.description,
        activity.responsible,
        _when(activity.deadline),
        _when(activity.created_at),
        activity.completed,
        _when(activity.completed_at),
        texts.dump_refs(sorted(activity.unbound)) if activity.unbound else None,
    )


_NOTHING_UNBOUND: frozenset[Ref] = frozenset()


def load_activity(row: Row) -> Activity | Tombstone:
    """An activity again."""
    (
        id, _, deleted_at, kind, subject, description, responsible, deadline, created_at, completed, completed_at,
        unbound,
    ) = row  # fmt: skip
    if deleted_at is not None:
        return _load_stone(Kind.ACTIVITY, row)
    return _make_activity(
        id,
        kind,
        subject,
        description,
        responsible,
        None if deadline is None else texts.instant(deadline),
        None if created_at is None else texts.instant(created_at),
        texts.FLAGS[completed],
        None if completed_at is None else texts.instant(completed_at),
        _NOTHING_UNBOUND if unbound is None else frozenset(texts.load_refs(unbound)),
    )


def pipeline_row(pipeline: Pipeline, version: int) -> Row:
    """A pipeline."""
    return (pipeline.id, version, pipeline.name, texts.dump_stages(pipeline.stages), pipeline.archived)


def load_pipeline(row: Row) -> Pipeline:
    """A pipeline again."""
    id, _, name, stages, archived = row
    return Pipeline(id=id, name=name, stages=texts.load_stages(stages), archived=texts.FLAGS[archived])


def ledger_row(row: LedgerRow, version: int) -> Row:
    """A row of the ledger."""
    return (
        row.lead_id,
        row.deal_id,
        row.contact_id,
        row.company_id,
        *_money_texts(row.amount),
        texts.dump(list(row.activity_ids)),
        texts.dump(list(row.not_carried)),
        row.converted_at.isoformat(),
    )


def load_ledger(row: Row) -> LedgerRow:
    """A row of the ledger again."""
    lead_id, deal_id, contact_id, company_id, amount, currency, activity_ids, not_carried, converted_at = row
    return _make_ledger(
        lead_id,
        deal_id,
        contact_id,
        company_id,
        _money(amount, currency),
        tuple(texts.load(activity_ids)),
        _texts(not_carried),
        texts.instant(converted_at),
    )


def switch_row(switch: SwitchRecord, version: int) -> Row:
    """The record of a switch."""
    return (
        switch.key,
        version,
        switch.epoch,
        texts.dump_terms(switch.terms),
        switch.at_begin,
        switch.began_at.isoformat(),
        switch.ended,
        _when(switch.ended_at),
    )


def load_switch(row: Row) -> SwitchRecord:
    """The record of a switch again."""
    key, _, epoch, terms, at_begin, began_at, ended, ended_at = row
    return SwitchRecord(
        key=key,
        epoch=epoch,
        terms=texts.load_terms(terms),
        at_begin=at_begin,
        began_at=texts.instant(began_at),
        ended=ended,
        ended_at=None if ended_at is None else texts.instant(ended_at),
    )


def command_row(command: CommandRecord, version: int) -> Row:
    """What a keyed command made."""
    return (
        command.key,
        version,
        command.fingerprint,
        texts.dump_refs(command.made),
        texts.dump(list(command.not_carried)),
    )


def load_command(row: Row) -> CommandRecord:
    """What a keyed command made again."""
    return CommandRecord(
        key=row[0], fingerprint=row[2], made=texts.load_refs(row[3]), not_carried=tuple(texts.load(row[4]))
    )


def load_outcome_row(row: Row) -> LeadOutcome:
    """An outcome, from its columns after epoch and lead."""
    kind, code, added, *counts = row
    return LeadOutcome(OutcomeKind(kind), code, texts.FLAGS[added], *counts)


TO_ROW: dict[Kind, Callable[[Any, int], Row]] = {
    Kind.LEAD: lead_row,
    Kind.DEAL: deal_row,
    Kind.CONTACT: contact_row,
    Kind.COMPANY: company_row,
    Kind.ACTIVITY: activity_row,
    Kind.PIPELINE: pipeline_row,
    Kind.LEDGER: ledger_row,
    Kind.SWITCH: switch_row,
    Kind.COMMAND: command_row,
}
FROM_ROW: dict[Kind, Callable[[Row], Any]] = {
    Kind.LEAD: load_lead,
    Kind.DEAL: load_deal,
    Kind.CONTACT: load_contact,
    Kind.COMPANY: load_company,
    Kind.ACTIVITY: load_activity,
    Kind.PIPELINE: load_pipeline,
    Kind.LEDGER: load_ledger,
    Kind.SWITCH: load_switch,
    Kind.COMMAND: load_command,
}
