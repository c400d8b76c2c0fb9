"""What one store holds, in a form that two stores share exactly when they mean the same.

Deals, contacts, companies and activities are named by the leads that they come from, and versions and free ids are
left out. Times need no dropping: the clock of a walk stands still.
A key is a digest, since a walk keeps one for each state.
"""

import marshal
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import NUMBERED, Kind, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query

__all__ = ["RETURNING", "Picture", "digest", "key_of_changes", "key_of_record"]

#: The expected versions that can come back after they have moved: part of what a decision is.
RETURNING = (Kind.OUTCOME,)

_VERSIONED = (*NUMBERED, Kind.LEDGER, Kind.SWITCH, Kind.COMMAND)


def digest(meaning: Any) -> bytes:
    """Sixteen bytes for a meaning: tuples of numbers, texts and `None`; raises `ValueError` for any other value."""
    # This version of the format has no references, so that equal values have equal bytes.
    return blake2b(marshal.dumps(meaning, 0), digest_size=16).digest()


class Picture:
    """All records of one store by kind and id, their versions, and the key that stands for their meaning."""

    def __init__(self, store: Any) -> None:
        self.records: dict[Kind, dict[Any, Any]] = {}
        self.versions: dict[Kind, dict[Any, int]] = {}
        for kind in _VERSIONED:
            entries = store.page(kind)
            self.records[kind] = {id: record for id, record, _ in entries}
            self.versions[kind] = {id: version for id, _, version in entries}
        for kind in (Kind.BINDING, Kind.OUTCOME):
            self.records[kind] = {id: record for id, record, _ in store.page(kind)}
        snapshot = store.snapshot(Query(settings=True, backlog=True))
        self.settings = snapshot.settings
        self.backlog = snapshot.backlog
        self.tally = dict(store.snapshot(Query(tally=self.settings.epoch)).tally)
        self.versions[Kind.SETTINGS] = dict(snapshot.read.versions[Kind.SETTINGS])
        self.leads: Mapping[Any, Lead | Tombstone] = self.records[Kind.LEAD]
        self.ledger = self.records[Kind.LEDGER]
        self.outcomes = self.records[Kind.OUTCOME]
        self.bindings = self.records[Kind.BINDING]
        self.active = frozenset(id for id, lead in self.leads.items() if isinstance(lead, Lead) and lead.is_active)
        epoch = self.settings.epoch
        self.marked = frozenset(
            id
            for (under, id), outcome in self.outcomes.items()
            if under == epoch and outcome.kind is OutcomeKind.SET_ASIDE
        )
        self.names = _names_of(self.records)
        self.key = digest((self._meaning(), getattr(store, "mark", lambda: None)()))

    def _meaning(self) -> Any:
        records, names = self.records, self.names
        settings = self.settings
        live, policy = settings.switching, settings.last_policy
        return (
            (settings.mode.value, settings.epoch, live and (live.epoch, live.key), settings.match.value),
            policy and (policy.client.value, policy.pipeline_id, policy.keep_activities),
            tuple([(id, _lead(lead, names)) for id, lead in self.leads.items()]),
            tuple([(id, _row(row, names)) for id, row in self.ledger.items()]),
            tuple(sorted([(names[Kind.DEAL, id], _card(deal, names)) for id, deal in records[Kind.DEAL].items()])),
            tuple(
                sorted([(names[Kind.CONTACT, id], _card(each, names)) for id, each in records[Kind.CONTACT].items()])
            ),
            tuple(sorted([(names[Kind.COMPANY, id], _is_gone(each)) for id, each in records[Kind.COMPANY].items()])),
            tuple(sorted([(names[Kind.ACTIVITY, id], _activity(each)) for id, each in records[Kind.ACTIVITY].items()])),
            tuple(sorted([(names[Kind.ACTIVITY, id], _refs(refs, names)) for id, refs in self.bindings.items()])),
            tuple([(int(epoch), id, _outcome(each)) for (epoch, id), each in self.outcomes.items()]),
            (self.backlog.active, self.backlog.set_aside),
            tuple(sorted([(str(_outcome(outcome)), count) for outcome, count in self.tally.items()])),
            tuple([(key, each.epoch, each.at_begin, each.ended) for key, each in records[Kind.SWITCH].items()]),
            tuple(records[Kind.COMMAND]),
            tuple([id for id, pipeline in records[Kind.PIPELINE].items() if pipeline.archived]),
        )


Names = Mapping[tuple[Kind, Any], Any]

_NEW = (-1,)


def _names_of(records: Mapping[Kind, Mapping[Any, Any]]) -> dict[tuple[Kind, Any], Any]:
    """A name for each record that does not depend on the order in which ids were handed out."""
    names: dict[tuple[Kind, Any], Any] = {}
    for kind in (Kind.DEAL, Kind.CONTACT, Kind.COMPANY):
        seen: Counter[int] = Counter()
        for id, record in records[kind].items():
            origin = record.lead_id or 0
            names[kind, id] = (origin, seen[origin])
            seen[origin] += 1
    names.update({(Kind.ACTIVITY, id): rank for rank, id in enumerate(records[Kind.ACTIVITY])})
    return names


def _name(names: Names, kind: Kind, id: Any) -> Any:
    return None if id is None else names.get((kind, id), _NEW)


def _refs(refs: Iterable[Ref], names: Names) -> Any:
    return tuple(sorted((kind.value, (id,) if kind is Kind.LEAD else _name(names, kind, id)) for kind, id in refs))


def _lead(lead: Any, names: Names) -> Any:
    if isinstance(lead, Tombstone):
        return "gone", _name(names, Kind.DEAL, lead.deal_id)
    return (
        lead.stage,
        lead.comments,
        _name(names, Kind.DEAL, lead.deal_id),
        _name(names, Kind.CONTACT, lead.contact_id),
        _name(names, Kind.COMPANY, lead.company_id),
    )


def _card(card: Any, names: Names) -> Any:
    if isinstance(card, Tombstone):
        return ("gone",)
    contact = getattr(card, "contact_id", None)
    return (
        card.comments or "",
        bool(getattr(card, "title", None)),
        getattr(card, "stage", ""),
        getattr(card, "pipeline_id", 0),
        _name(names, Kind.CONTACT, contact) or (),
        len(getattr(card, "contact_points", ())),
    )


def _is_gone(card: Any) -> bool:
    return isinstance(card, Tombstone)


def _row(row: Any, names: Names) -> Any:
    return (
        _name(names, Kind.DEAL, row.deal_id),
        _name(names, Kind.CONTACT, row.contact_id),
        _name(names, Kind.COMPANY, row.company_id),
        tuple([_name(names, Kind.ACTIVITY, id) for id in row.activity_ids]),
    )


def _outcome(outcome: LeadOutcome | None) -> Any:
    return outcome and (outcome.kind.value, *outcome[1:])


def _activity(activity: Any) -> Any:
    if not isinstance(activity, Activity):
        return "gone"
    return f"{activity.completed}{activity.description}{sorted(map(str, activity.unbound))}"


#: Records that a step may have read or not, with the same writes.
_SEEN = (Kind.LEAD, Kind.DEAL, Kind.CONTACT, Kind.COMPANY, Kind.ACTIVITY)


def _seen(names: Names, kind: Kind, ids: Iterable[Any]) -> Any:
    """Which records of a kind a step has read."""
    return kind.value, tuple(sorted(str(id if kind is Kind.LEAD else _name(names, kind, id)) for id in ids))


def key_of_record(record: Any, picture: Picture) -> Any:
    """The meaning of a lead, deal or activity that somebody has read."""
    if record is None:
        return None
    if isinstance(record, Activity):
        return _activity(record)
    return _lead(record, picture.names) if isinstance(record, Lead | Tombstone) else _card(record, picture.names)


def key_of_changes(changes: Changes, picture: Picture) -> Any:
    """The meaning of a step that is decided and not committed; records that it makes are "new"."""
    names, settings = picture.names, changes.settings
    expected = changes.expects.versions
    return (
        int(changes.expects.epoch),
        tuple([tuple(sorted(expected[kind].items())) for kind in RETURNING if kind in expected]),
        # What was not read cannot make it stale: a step that has seen an activity is another one than before it came.
        tuple([_seen(names, kind, expected[kind]) for kind in _SEEN if kind in expected]),
        settings
        and (settings.mode.value, settings.epoch, settings.switching and settings.switching.key, settings.match.value),
        tuple([(id in picture.leads and id, _lead(lead, names)) for id, lead in changes.leads.items()]),
        tuple([(id in picture.leads and id, _row(row, names)) for id, row in changes.ledger.items()]),
        tuple([_card(card, names) for card in (*changes.deals.values(), *changes.contacts.values())]),
        tuple([(_name(names, Kind.ACTIVITY, id), _activity(each)) for id, each in changes.activities.items()]),
        tuple([(_name(names, Kind.ACTIVITY, id), _refs(refs, names)) for id, refs in changes.bindings.items()]),
        tuple([(id, _refs(refs, names)) for id, refs in changes.unbound.items()]),
        tuple([(id in picture.leads and id, _outcome(outcome)) for id, outcome in changes.outcomes.items()]),
        tuple([(key, each.epoch, each.at_begin, each.ended) for key, each in changes.switches.items()]),
        tuple(changes.pipelines),
        tuple(changes.commands),
        changes.completes_at is not None,
    )
