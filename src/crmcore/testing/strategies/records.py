"""Cards and activities: the fields that may be given for them, and whole records."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from crmcore.domain.activity import Activity
from crmcore.domain.company import Company
from crmcore.domain.contact import Contact
from crmcore.domain.deal import Deal
from crmcore.domain.ids import ActivityId, CompanyId, ContactId, DealId, Kind, LeadId, UserId
from crmcore.domain.lead import Lead
from crmcore.domain.pipeline import Pipeline, default_pipeline
from crmcore.domain.stages import DEFAULT_LEAD_STAGES, LeadStages, StageSemantics
from crmcore.testing.personas import ADMIN, MANAGER, STRANGER
from crmcore.testing.strategies.keeping import kept
from crmcore.testing.strategies.values import (
    addresses,
    codes,
    contact_points,
    custom_fields,
    instants,
    lines,
    money,
    names,
    origins,
    texts,
    utms,
)

__all__ = [
    "activities",
    "activity_fields",
    "actors",
    "card_fields",
    "companies",
    "contacts",
    "deal_fields",
    "deals",
    "lead_fields",
    "leads",
]


@kept
def actors() -> st.SearchStrategy[UserId]:
    """The three actors of a `TestCrm`."""
    return st.sampled_from((ADMIN, MANAGER, STRANGER))


@kept
def _card() -> dict[str, st.SearchStrategy[Any]]:
    return {
        "responsible": st.integers(1, 5),
        "opened": st.booleans(),
        "address": st.one_of(st.none(), addresses()),
        "comments": st.one_of(st.none(), texts()),
        "origin": st.one_of(st.none(), origins()),
        "utm": st.one_of(st.none(), utms()),
        "custom": custom_fields(),
    }


@kept
def _source() -> dict[str, st.SearchStrategy[Any]]:
    return {"source": st.one_of(st.none(), codes()), "source_description": st.one_of(st.none(), texts())}


@kept
def _person() -> dict[str, st.SearchStrategy[Any]]:
    return {
        "name": names(),
        "birth_date": st.one_of(st.none(), st.dates(min_value=date(1850, 1, 1))),
        "job_title": st.one_of(st.none(), lines()),
        **_source(),
    }


@kept
def lead_fields(*, max_emails: int | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """What may be given for a new lead, links to clients and stage left out."""
    return st.fixed_dictionaries(
        {},
        optional={
            **_card(),
            **_person(),
            "contact_points": contact_points(max_emails=max_emails),
            "title": st.one_of(st.none(), lines()),
            "company_title": st.one_of(st.none(), lines()),
            "stage_description": st.one_of(st.none(), texts()),
            "amount": st.one_of(st.none(), money()),
            "observers": st.lists(st.integers(1, 5), max_size=2).map(tuple),
        },
    )


@kept
def deal_fields() -> st.SearchStrategy[dict[str, Any]]:
    """What may be given for a new deal, links, pipeline and stage left out."""
    return st.fixed_dictionaries(
        {},
        optional={
            **_card(),
            **_source(),
            "title": st.one_of(st.none(), lines()),
            "amount": st.one_of(st.none(), money()),
        },
    )


@kept
def card_fields(*, kind: Kind) -> st.SearchStrategy[dict[str, Any]]:
    """What may be given for a new lead, deal, contact or company, links left out."""
    if kind is Kind.LEAD:
        return lead_fields()
    if kind is Kind.DEAL:
        return deal_fields()
    more = _person() if kind is Kind.CONTACT else {"title": st.one_of(st.none(), lines())}
    return st.fixed_dictionaries({}, optional={**_card(), **more, "contact_points": contact_points()})


@kept
def activity_fields(*, completed: bool | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """What may be given for a new activity."""
    done = st.booleans() if completed is None else st.just(completed)
    return st.fixed_dictionaries(
        {"completed": done},
        optional={
            "kind": st.sampled_from(("task", "call", "meeting", "email")),
            "subject": st.one_of(st.none(), lines()),
            "description": st.one_of(st.none(), texts()),
            "responsible": st.integers(1, 5),
            "deadline": st.one_of(st.none(), instants()),
        },
    )


@kept
def _number(id: int | None) -> st.SearchStrategy[int]:
    return st.integers(1, 50) if id is None else st.just(id)


@kept
@st.composite
def leads(
    draw: st.DrawFn, *, id: int | None = None, stages: LeadStages = DEFAULT_LEAD_STAGES, active: bool | None = None
) -> Lead:
    """Leads that are not converted, in any stage of a catalogue, or only in an active or a closed one."""
    fitting = [
        stage for stage in stages.stages if active is None or (stage.semantics is StageSemantics.IN_PROCESS) is active
    ]
    stage = draw(st.sampled_from(fitting))
    return Lead(
        id=LeadId(draw(_number(id))),
        stage=stage.code,
        semantics=stage.semantics,
        created_at=draw(st.one_of(st.none(), instants())),
        **{"responsible": ADMIN, **draw(lead_fields())},
    )


@kept
@st.composite
def deals(draw: st.DrawFn, *, id: int | None = None, pipeline: Pipeline | None = None) -> Deal:
    """Deals that were no leads before, in any stage of a pipeline, of the default one unless another is given."""
    chosen = default_pipeline() if pipeline is None else pipeline
    stage = draw(st.sampled_from(chosen.stages))
    return Deal(
        id=DealId(draw(_number(id))),
        pipeline_id=chosen.id,
        stage=stage.code,
        semantics=stage.semantics,
        created_at=draw(st.one_of(st.none(), instants())),
        **{"responsible": ADMIN, **draw(deal_fields())},
    )


@kept
@st.composite
def contacts(draw: st.DrawFn, *, id: int | None = None) -> Contact:
    """Contacts of no company, made by hand."""
    return Contact(
        id=ContactId(draw(_number(id))),
        created_at=draw(st.one_of(st.none(), instants())),
        **{"responsible": ADMIN, **draw(card_fields(kind=Kind.CONTACT))},
    )


@kept
@st.composite
def companies(draw: st.DrawFn, *, id: int | None = None) -> Company:
    """Companies made by hand."""
    return Company(
        id=CompanyId(draw(_number(id))),
        created_at=draw(st.one_of(st.none(), instants())),
        **{"responsible": ADMIN, **draw(card_fields(kind=Kind.COMPANY))},
    )


@kept
@st.composite
def activities(draw: st.DrawFn, *, id: int | None = None, completed: bool | None = None) -> Activity:
    """Activities of all kinds, open and complete; what they are bound to is a matter of the CRM."""
    fields = draw(activity_fields(completed=completed))
    return Activity(
        id=ActivityId(draw(_number(id))),
        created_at=draw(st.one_of(st.none(), instants())),
        completed_at=draw(st.one_of(st.none(), instants())) if fields["completed"] else None,
        **fields,
    )
