"""The fast path for the chunk of a switch that this thread has just read: the hot path of writing.

A converted lead and its new records carry exactly the values that were read, so their texts are copied from the row
that was read instead of encoded again; a lead changes in five columns. Rows are made before the transaction begins. The
result is that of `write`; if anything is not as expected (`NotThisWay`), the store uses `write`.

lines: the rows of one conversion side by side, without calls in between.
"""

from collections.abc import Callable, Mapping
from itertools import chain
from operator import itemgetter
from typing import Any

from attrs import fields_dict

from crmcore.adapters.sql.commits.write import add_to_tally, keep_ids_above, write_events
from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.adapters.sql.rows.match_keys import point_keys_of, stored
from crmcore.adapters.sql.rows.records import COLUMNS, Row, company_row, contact_row, deal_row
from crmcore.adapters.sql.rows.tables import BINDING_CODES
from crmcore.adapters.sql.rows.texts import dump
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import CLIENTS, MADE, RECORDS, ActivityId, Kind, LeadId
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import LeadOutcome
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.model.values import ContactPoints
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.snapshot import Snapshot

__all__ = ["Chunk", "JustRead", "NotThisWay"]

_AT = {name: at for at, name in enumerate(COLUMNS[Kind.LEAD])}
_CARD_FROM, _CARD_TO = _AT["responsible"], _AT["created_at"]
_PERSON_FROM, _PERSON_TO = _AT["honorific"], _AT["job_title"] + 1
_POINTS, _SOURCE, _DESCRIPTION = _AT["contact_points"], _AT["source"], _AT["source_description"]
_AMOUNT, _CURRENCY = _AT["amount"], _AT["currency"]

_READ_KINDS = {Kind.LEAD, Kind.CONTACT, Kind.COMPANY, Kind.MATCH_KEY}
_INSERTS = {
    kind: ("portal", *COLUMNS[kind]) for kind in (Kind.COMPANY, Kind.CONTACT, Kind.DEAL, Kind.LEDGER, Kind.OUTCOME)
}
_MATCH = ("portal", "kind", "point", "form", "id", "version", "held")
_BY_KEY = itemgetter(2, 3, 1)
_DEAL, _CONTACT, _COMPANY = (BINDING_CODES[kind] for kind in MADE)


#: What a conversion decides, and the links that it makes.
_DECIDED = ("id", "lead_id", "contact_id", "company_id", "deal_id", "stage", "semantics", "created_at")


class NotThisWay(Exception):
    """The chunk is not one for this path, or has changed since it was read."""


class JustRead:
    """What a thread remembers of the chunk that it read last: the leads with their rows, and the shared activities.

    A lead is released once its new rows are made, so that a chunk takes less memory.
    """

    def __init__(self, snapshot: Snapshot, rows: Mapping[LeadId, Row]) -> None:
        self.read: ReadSet = snapshot.read
        self.leads = dict(snapshot.leads)
        self.rows = dict(rows)
        self.shared: frozenset[ActivityId] = frozenset(snapshot.shared)


class Chunk:
    """The rows of a chunk, made before its transaction begins; raises `NotThisWay`."""

    def __init__(self, changes: Changes, just_read: JustRead, portal: int) -> None:
        self.changes = changes
        self.portal = portal
        self.companies: list[Row] = []
        self.contacts: list[Row] = []
        self.deals: list[Row] = []
        self.leads: list[tuple[Any, ...]] = []
        self.match: list[Row] = []
        self.ledger: list[Row] = []
        self.bindings: list[tuple[int, ...]] = []
        self.shared_bindings: list[tuple[int, ...]] = []
        self.outcomes: list[Row] = []
        self.counts: dict[LeadOutcome, int] = {}
        self.shared = just_read.shared
        self._check(changes, just_read)
        self._make(changes, just_read)
        self._record(changes)

    def _check(self, changes: Changes, just_read: JustRead) -> None:
        others = (
            changes.settings, changes.stages, changes.pipelines, changes.activities, changes.bindings,
            changes.unbound, changes.switches, changes.commands, changes.unused_stages, changes.closed,
        )  # fmt: skip
        expects = changes.expects
        if (
            expects is not just_read.read
            or any(others)
            or not changes.leads
            or changes.active_leads is not None
            or changes.ledger.keys() != changes.leads.keys()
            or len(changes.deals) != len(changes.ledger)
            or Tombstone in map(type, chain(*(getattr(changes, RECORDS[kind]).values() for kind in MADE)))
            or changes.leads.keys() != expects.versions[Kind.LEAD].keys()
            or not expects.versions.keys() <= _READ_KINDS
            or None in changes.outcomes.values()
        ):
            raise NotThisWay

    def _make(self, changes: Changes, just_read: JustRead) -> None:
        portal, rows, known, shared = self.portal, just_read.rows, just_read.leads, self.shared
        contacts: Mapping[Any, Any] = changes.contacts
        companies: Mapping[Any, Any] = changes.companies
        deals: Mapping[Any, Any] = changes.deals
        leads = changes.leads
        versions = changes.expects.versions[Kind.LEAD]
        lost: dict[tuple[str, ...], str] = {}
        at: Any = None
        at_text = ""
        for lead_id, made in changes.ledger.items():
            lead, row = known.pop(lead_id), rows.pop(lead_id)
            after = leads[lead_id]
            if not _only_converted(lead, after):
                raise NotThisWay
            if made.converted_at is not at:
                at = made.converted_at
                at_text = at.isoformat()
            card = row[_CARD_FROM:_CARD_TO]
            contact_id, company_id, deal_id = made.contact_id, made.company_id, made.deal_id
            keys: Any = None
            company = companies.get(company_id) if company_id is not None else None
            if company is not None and company.lead_id == lead_id:
                if _same_company(company, lead):
                    keys = _keys(company.contact_points)
                    text = at_text if company.created_at is at else _text(company.created_at)
                    self.companies.append(
                        (portal, company_id, 1, *card, text, company.title, row[_POINTS], lead_id, None)
                    )
                    self.match += [(portal, _COMPANY, point, key, company_id, 1, True) for point, key in keys]
                else:
                    self._company(company)
            contact = contacts.get(contact_id) if contact_id is not None else None
            if contact is not None and contact.lead_id == lead_id:
                if _same_contact(contact, lead):
                    keys = _keys(contact.contact_points) if keys is None else keys
                    text = at_text if contact.created_at is at else _text(contact.created_at)
                    self.contacts.append(
                        (
                            portal,
                            contact_id,
                            1,
                            *card,
                            text,
                            *row[_PERSON_FROM:_PERSON_TO],
                            row[_POINTS],
                            row[_SOURCE],
                            row[_DESCRIPTION],
                            contact.company_id,
                            lead_id,
                            None,
                        )
                    )
                    self.match += [(portal, _CONTACT, point, key, contact_id, 1, True) for point, key in keys]
                else:
                    self._contact(contact)
            deal = deals[deal_id]
            if _same_deal(deal, lead) and deal.semantics is StageSemantics.IN_PROCESS:
                text = at_text if deal.created_at is at else _text(deal.created_at)
                self.deals.append(
                    (
                        portal,
                        deal_id,
                        1,
                        *card,
                        text,
                        deal.pipeline_id,
                        deal.stage,
                        "P",
                        deal.title,
                        row[_AMOUNT],
                        row[_CURRENCY],
                        row[_SOURCE],
                        row[_DESCRIPTION],
                        deal.contact_id,
                        deal.company_id,
                        deal.lead_id,
                        None,
                    )
                )
            else:
                self.deals.append((portal, *deal_row(deal, 1)))
            self.leads.append(
                (after.stage, after.contact_id, after.company_id, after.deal_id, portal, lead_id, versions[lead_id])  # type: ignore[union-attr]  # as above
            )
            if made.amount is not lead.amount:  # type: ignore[union-attr]  # as above
                raise NotThisWay
            lost_text = lost.get(made.not_carried)
            if lost_text is None:
                lost_text = lost[made.not_carried] = dump(list(made.not_carried))
            ids = made.activity_ids
            self.ledger.append(
                (
                    portal,
                    lead_id,
                    deal_id,
                    contact_id,
                    company_id,
                    row[_AMOUNT],
                    row[_CURRENCY],
                    f"[{','.join(map(str, ids))}]",
                    lost_text,
                    at_text,
                )
            )
            for id in ids:
                bindings = self.shared_bindings if id in shared else self.bindings
                bindings.append((portal, id, _DEAL, deal_id))
                if contact_id is not None:
                    bindings.append((portal, id, _CONTACT, contact_id))
                if company_id is not None:
                    bindings.append((portal, id, _COMPANY, company_id))
        if len(self.companies) != len(companies) or len(self.contacts) != len(contacts):
            raise NotThisWay

    def _company(self, company: Any) -> None:
        self.companies.append((self.portal, *company_row(company, 1)))
        keys = _keys(company.contact_points)
        self.match += [(self.portal, _COMPANY, point, key, company.id, 1, True) for point, key in keys]

    def _contact(self, contact: Any) -> None:
        self.contacts.append((self.portal, *contact_row(contact, 1)))
        keys = _keys(contact.contact_points)
        self.match += [(self.portal, _CONTACT, point, key, contact.id, 1, True) for point, key in keys]

    def _record(self, changes: Changes) -> None:
        """The outcomes; a few distinct values stand for all."""
        portal, epoch, counts = self.portal, changes.expects.epoch, self.counts
        # By identity: hashing the fields of each would cost more than writing it.
        tails: dict[int, tuple[Any, ...]] = {}
        numbers: dict[int, int] = {}
        last: Any = None
        tail: tuple[Any, ...] = ()
        for lead_id, outcome in changes.outcomes.items():
            if outcome is not last:
                assert outcome is not None  # checked above
                last = outcome
                tail = tails.setdefault(id(outcome), (outcome.kind.value, *outcome[1:]))
            numbers[id(last)] = numbers.get(id(last), 0) + 1
            self.outcomes.append((portal, epoch, lead_id, *tail))
        for outcome in {id(each): each for each in changes.outcomes.values() if each is not None}.values():
            counts[outcome] = counts.get(outcome, 0) + numbers[id(outcome)]

    # In the transaction

    def write(self, tx: Transaction) -> None:
        """Check and write; raises `NotThisWay` if something is stale, which `write` then names."""
        dialect, changes = tx.dialect, self.changes
        keeps_events = self._check_clients(tx)
        others = self._hold_others(tx) if self.shared_bindings else []
        for kind, rows in ((Kind.COMPANY, self.companies), (Kind.CONTACT, self.contacts), (Kind.DEAL, self.deals)):
            dialect.insert_new(tx, f"crm_{kind.value}", _INSERTS[kind], rows)
        if dialect.convert_leads(tx, self.leads) != len(self.leads):
            raise NotThisWay
        self.match.sort(key=_BY_KEY)  # in the order of their tree: addresses come in any
        dialect.insert_new(tx, "crm_match", _MATCH, self.match)
        dialect.insert_new(tx, "crm_ledger", _INSERTS[Kind.LEDGER], self.ledger)
        dialect.insert_new(tx, "crm_binding", ("portal", "activity", "kind", "id"), self.bindings)
        if self.shared_bindings:
            dialect.insert_bindings(tx, sorted(set(self.shared_bindings)))
            tx.run(
                f"UPDATE crm_lead SET version = version + 1 WHERE {dialect.one_of('id')} AND portal = ?"
                " AND semantics = 'P'",
                (dialect.keys(others), self.portal),
            )
        if changes.completes_at is not None:
            ids = sorted({id for row in changes.ledger.values() for id in row.activity_ids})
            tx.run(
                "UPDATE crm_activity SET completed = ?, completed_at = ?, version = version + 1"
                f" WHERE {dialect.one_of('id')} AND portal = ? AND deleted_at IS NULL AND NOT completed",
                (True, changes.completes_at.isoformat(), dialect.keys(ids), self.portal),
            )
        dialect.insert_new(tx, "crm_outcome", _INSERTS[Kind.OUTCOME], self.outcomes)
        keep_ids_above(tx, {Kind.DEAL: changes.deals, Kind.CONTACT: changes.contacts, Kind.COMPANY: changes.companies})
        if keeps_events:
            write_events(tx, changes.events)
        add_to_tally(tx, changes.expects.epoch, self.counts)

    def _check_clients(self, tx: Transaction) -> bool:
        """The epoch, the match keys that were looked up, and the clients that they led to; whether events are kept."""
        expects, portal = self.changes.expects, tx.portal_row()
        if portal.epoch != expects.epoch:
            raise NotThisWay
        read = expects.versions.get(Kind.MATCH_KEY)
        if read:
            keys = {stored(key): version for key, version in read.items()}
            tx.claim_keys(keys)
            now = tx.key_versions(keys)
            if any(now.get(key, 0) != version for key, version in keys.items()):
                raise NotThisWay
        for kind in CLIENTS:
            versions = expects.versions.get(kind)
            if versions:
                found = dict(tx.among(kind, sorted(versions), ("id", "version"), more=tx.dialect.for_share))
                if any(found.get(id, 0) != version for id, version in versions.items()):
                    raise NotThisWay
        return portal.keeps_events

    def _hold_others(self, tx: Transaction) -> list[int]:
        """The other leads that share an activity; they and those of the chunk are locked in one order."""
        ids = sorted({row[1] for row in self.shared_bindings})
        statement = tx.dialect.among("t.id", "crm_binding", "activity", more=" AND t.kind = 0")
        found = {row[0] for row in tx.rows(statement, (tx.dialect.keys(ids), self.portal))}
        if tx.dialect.for_update:
            tx.among(Kind.LEAD, sorted(found | self.changes.leads.keys()), ("id",), more=tx.dialect.for_update)
        return sorted(found - self.changes.leads.keys())


def _text(value: Any) -> str | None:
    return None if value is None else value.isoformat()


def _keys(points: ContactPoints) -> Any:
    return point_keys_of(points) if points else ()


def _same(cls: type[Any], *own: str) -> Callable[[Any, Any], bool]:
    """Whether a record has the very values of its lead in each field that both have, so that their texts are the same.

    What a conversion decides is left out, and so is what a row takes from the record itself (`own`). The comparison is
    compiled once, from the fields of the classes: a loop over names would cost each lead more than its row.
    """
    decided = {*_DECIDED, *own}
    names = [name for name in fields_dict(cls) if name in fields_dict(Lead) and name not in decided]
    same: Callable[[Any, Any], bool] = eval(  # noqa: S307  # names of fields of our own classes
        f"lambda record, lead: {' and '.join(f'record.{name} is lead.{name}' for name in names)}"
    )
    return same


_same_company, _same_contact = _same(Company, "title"), _same(Contact)
_same_deal, _same_lead = _same(Deal, "title"), _same(Lead)


def _only_converted(lead: Any, after: Any) -> bool:
    """Whether a lead changed only in what its conversion changes."""
    return (
        type(lead) is Lead
        and type(after) is Lead
        and lead.semantics is StageSemantics.IN_PROCESS
        and after.semantics is StageSemantics.SUCCESS
        and after.created_at is lead.created_at
        and _same_lead(after, lead)
    )
