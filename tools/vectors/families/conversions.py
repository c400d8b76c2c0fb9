"""What becomes of one lead: links times names times policies, each field alone, and shared activities."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from crmcore.domain.model.ids import Kind
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.values import PersonName
from tools.vectors.drafts import Draft, Json, call, do, fields_of, said
from tools.vectors.families.policies import CHOICES, whole
from tools.vectors.scenes import FILLED, Scene

__all__ = ["DOCUMENTS", "GIVENS", "drafts"]

_LINKS = {
    "no-client": {},
    "contact": {"contact_id": 1},
    "company": {"company_id": 1},
    "both-clients": {"contact_id": 1, "company_id": 1},
}
_NAMES: dict[str, dict[str, Any]] = {
    "no-name": {},
    "person": {"name": PersonName(first="Ann", last="Sample")},
    "company-title": {"company_title": "Sample & Sons"},
    "person-and-company-title": {"name": PersonName(first="Ann", last="Sample"), "company_title": "Sample & Sons"},
}
_KINDS = {f"{link}.{name}": {**_LINKS[link], **_NAMES[name]} for link in _LINKS for name in _NAMES}


def _clients() -> Any:
    """Classic, with a client and another pipeline, and no leads."""
    p = Scene.at(new_crm(CrmMode.CLASSIC))
    p.pipeline("Partners")
    company = p.company(title="Example Ltd", responsible=2)
    p.contact(name=PersonName(first="Bob"), company_id=company.id, responsible=2)
    return p


def _linked_and_named() -> Any:
    """A lead for each link and names, each with an open and a completed activity."""
    p = _clients()
    for name, fields in _KINDS.items():
        lead = p.lead(title=name.replace(".", " and "), responsible=4, **fields)
        p.activity(lead, kind="call", subject=f"Ring {lead.id}", deadline=p.clock.now() + timedelta(days=9))
        p.activity(lead, kind="task", subject=f"Wrote {lead.id}", completed=True)
        p.later(minutes=1)
    return p


def _one_field_each() -> Any:
    """A lead for each field that a lead may have, filled with that alone, and one with all."""
    p = _clients()
    for field, value in FILLED.items():
        p.lead(responsible=4, **{field: value})
    p.lead(responsible=4, **FILLED)
    p.lead(responsible=4, name=PersonName(honorific="Dr"))
    p.lead(responsible=4, contact_id=1, **FILLED)
    return p


_FIELDS = (*FILLED, "all", "honorific", "all-of-client")


def _shared() -> Any:
    """Two active leads, a closed and a converted one that share activities with each other and with a deal."""
    p = _clients()
    one, two = p.lead(title="One"), p.lead(title="Two")
    closed, early = p.lead(title="Closed"), p.lead(title="Early")
    deal = p.deal(title="Yearly order", contact_id=1)
    p.activity(one, two, kind="call", subject="of both")
    p.activity(one, closed, kind="call", subject="of one and the closed one")
    p.activity(one, deal, kind="call", subject="of one and a deal")
    p.activity(two, early, kind="call", subject="of two and the early one")
    p.activity(two, kind="call", subject="of two", completed=True)
    p.crm.close_lead(1, closed.id)
    p.later()
    p.crm.convert_lead(1, early.id)
    p.later()
    return p


DOCUMENTS: Mapping[str, Callable[[], object]] = {
    "clients": _clients,
    "linked-and-named": _linked_and_named,
    "one-field-each": _one_field_each,
    "shared": _shared,
}
GIVENS: Mapping[str, Json] = {name: {"document": name} for name in DOCUMENTS}


def drafts() -> Iterator[Draft]:
    """The vectors."""
    for number, kind in enumerate(_KINDS, 1):
        for name, policy in CHOICES.items():
            yield Draft(
                id=f"conversion.by-hand.{kind}.{name}",
                given="linked-and-named",
                when=[do(1, "convert_lead", lead_id=number, policy=policy)],
                rules=("CONV-1", "CONV-2", "CONV-4", "CONV-6", "POLICY-1", "SWITCH-11"),
            )
        for client in ("contact", "company", "both"):
            policy = {"client": client, "pipeline_id": 1, "keep_activities": True}
            given = {**fields_of(Kind.LEAD, **_KINDS[kind])}
            yield Draft(
                id=f"conversion.added.{kind}.{client}",
                given="clients",
                when=[*whole(policy), do(2, "add_lead", fields=given)],
                rules=("CONV-4", "INTAKE-4", "POLICY-6"),
            )
    for name, policy in CHOICES.items():
        yield Draft(
            id=f"conversion.all-kinds.{name}",
            given="linked-and-named",
            when=[*whole(policy, size=100)[:2]],
            rules=("CONV-2", "SWITCH-1", "SWITCH-11", "SWITCH-13"),
        )
    for number, field in enumerate(_FIELDS, 1):
        for client in ("contact", "company", "both"):
            yield Draft(
                id=f"conversion.field.{field.replace('_', '-')}.{client}",
                given="one-field-each",
                when=[
                    do(
                        1,
                        "convert_lead",
                        lead_id=number,
                        policy={"client": client, "pipeline_id": None, "keep_activities": True},
                    )
                ],
                rules=("CONV-3", "CONV-5", "CONV-8"),
            )
        yield Draft(
            id=f"conversion.copy-of-field.{field.replace('_', '-')}",
            given="one-field-each",
            when=[do(2, "copy_lead", lead_id=number)],
            rules=("CONV-9",),
        )
    for keep in (True, False):
        policy = {"client": "contact", "pipeline_id": None, "keep_activities": keep}
        said_ = "keep" if keep else "complete"
        for size in (1, 2):
            yield Draft(
                id=f"conversion.shared-activities.{said_}.{'one-by-one' if size == 1 else 'at-once'}",
                given="shared",
                when=[
                    do(1, "begin_switch", key="first", policy=policy),
                    *[do(0, "convert_chunk", token=said(0), size=size)] * (3 - size),
                    do(0, "finish_switch", token=said(0)),
                    call(1, "switch_named", key="first"),
                ],
                rules=("CONV-6", "POLICY-4", "SWITCH-13"),
            )
        for lead in (1, 2):
            yield Draft(
                id=f"conversion.shared-activities.{said_}.by-hand-{'first' if lead == 1 else 'second'}",
                given="shared",
                when=[do(1, "convert_lead", lead_id=lead, policy=policy)],
                rules=("CONV-6", "POLICY-4"),
            )
    for name, step in {
        "convert-again": do(1, "convert_lead", lead_id=1),
        "close": do(1, "close_lead", lead_id=1),
        "reopen": do(1, "reopen_lead", lead_id=1),
        "edit-title": do(1, "edit_record", ref=["lead", 1], version=2, fields={"title": "Other"}),
        "edit-comments": do(
            1, "edit_record", ref=["lead", 1], version=2, fields={"comments": "Paid", "responsible": 3}
        ),
        "copy": do(1, "copy_lead", lead_id=1),
        "delete": do(1, "delete_lead", lead_id=1),
        "add-activity": do(1, "add_activity", fields={"kind": "call"}, bound_to=[["lead", 1]]),
        "unbind": do(1, "unbind_activity", activity_id=1, ref=["lead", 1]),
        "unbind-deal": do(1, "unbind_activity", activity_id=1, ref=["deal", 1]),
        "delete-activity": do(1, "delete_activity", activity_id=1),
        "edit-deal": do(
            1, "edit_record", ref=["deal", 1], version=1, fields={"amount": {"amount": "5", "currency": "EUR"}}
        ),
        "audit": call(1, "audit"),
    }.items():
        yield Draft(
            id=f"conversion.then.{name}",
            given="linked-and-named",
            when=[do(1, "convert_lead", lead_id=1), step, do(1, "convert_lead", lead_id=1)],
            rules=("CONV-9", "CONV-6"),
        )
