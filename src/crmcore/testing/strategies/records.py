"""Cards and activities: the fields that may be given for them, and whole records."""

from datetime import date, datetime
from functools import cache, partial
from typing import Any

from hypothesis import strategies as st

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import ActivityId, CompanyId, ContactId, DealId, Kind, LeadId, UserId
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.pipeline import Pipeline, default_pipeline
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, LeadStages, StageSemantics
from crmcore.testing.personas import ADMIN, MANAGER, STRANGER
from crmcore.testing.strategies import pools, values
from crmcore.testing.strategies.cache import kept
from crmcore.testing.strategies.choices import Choice, Fields, one_of_pool, some_of_pool

__all__ = [
    "activities",
    "activity_fields",
    "actors",
    "card_fields",
    "companies",
    "contacts",
    "deal_fields",
    "deals",
    "fields_of",
    "fields_of_activities",
    "fields_of_leads",
    "lead_fields",
    "leads",
]


_PERSON = one_of_pool(range(1, 6), st.integers(1, 5))


@kept
def actors() -> st.SearchStrategy[UserId]:
    """The three actors of a `TestCrm`."""
    return st.sampled_from((ADMIN, MANAGER, STRANGER))


def _line() -> Choice:
    return one_of_pool((None, *pools.LINES), values.lines())


def _text() -> Choice:
    return one_of_pool((None, *pools.TEXTS), values.texts())


def _card() -> dict[str, Choice]:
    return {
        "responsible": _PERSON,
        "opened": one_of_pool((False, True), st.booleans()),
        "address": one_of_pool((None, *pools.addresses_pool()), values.addresses()),
        "comments": _text(),
        "origin": one_of_pool((None, *pools.origins_pool()), values.origins()),
        "utm": one_of_pool((None, *pools.utms_pool()), values.utms()),
        "custom": some_of_pool(pools.custom_pool(), 3, pools.custom_of, values.custom_fields()),
    }


def _source() -> dict[str, Choice]:
    return {"source": one_of_pool((None, *values.CODES, "Z" * 100), values.codes()), "source_description": _text()}


def _person() -> dict[str, Choice]:
    return {
        "name": one_of_pool(pools.names_pool(), values.names()),
        "birth_date": one_of_pool((None, *pools.DATES), st.dates(min_value=date(1850, 1, 1))),
        "job_title": _line(),
        **_source(),
    }


def _amount() -> Choice:
    return one_of_pool((None, *pools.money_pool()), values.money())


def _points(max_emails: int | None = None) -> Choice:
    return some_of_pool(
        pools.points_pool(), 4, partial(pools.points_of, max_emails), values.contact_points(max_emails=max_emails)
    )


@cache
def fields_of_leads(max_emails: int | None = None) -> Fields:
    """The fields of a new lead, with at most so many e-mails."""
    return Fields(
        {
            **_card(),
            **_person(),
            "contact_points": _points(max_emails),
            "title": _line(),
            "company_title": _line(),
            "stage_description": _text(),
            "amount": _amount(),
            "observers": one_of_pool(pools.OBSERVERS, st.lists(st.integers(1, 5), max_size=2).map(tuple)),
        }
    )


@cache
def fields_of(kind: Kind) -> Fields:
    """The fields of a new card of this kind."""
    if kind is Kind.LEAD:
        return fields_of_leads()
    if kind is Kind.DEAL:
        return Fields({**_card(), **_source(), "title": _line(), "amount": _amount()})
    more = _person() if kind is Kind.CONTACT else {"title": _line()}
    return Fields({**_card(), **more, "contact_points": _points()})


@cache
def fields_of_activities() -> Fields:
    """The fields of a new activity."""
    return Fields(
        {
            "completed": one_of_pool((False, True), st.booleans()),
            "kind": one_of_pool(("task", "call", "meeting", "email"), values.codes()),
            "subject": _line(),
            "description": _text(),
            "responsible": _PERSON,
            "deadline": one_of_pool((None, *pools.INSTANTS), values.instants()),
        }
    )


@kept
def lead_fields(*, max_emails: int | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """What may be given for a new lead, links to clients and stage left out."""
    return fields_of_leads(max_emails).strategy()


@kept
def deal_fields() -> st.SearchStrategy[dict[str, Any]]:
    """What may be given for a new deal, links, pipeline and stage left out."""
    return fields_of(Kind.DEAL).strategy()


@kept
def card_fields(*, kind: Kind) -> st.SearchStrategy[dict[str, Any]]:
    """What may be given for a new lead, deal, contact or company, links left out."""
    return fields_of(kind).strategy()


@kept
def activity_fields(*, completed: bool | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """What may be given for a new activity."""
    fixed = {} if completed is None else {"completed": completed}
    return fields_of_activities().strategy().map(lambda given: {"completed": False, **given, **fixed})


@kept
def _number(id: int | None) -> st.SearchStrategy[int]:
    return st.integers(1, 50) if id is None else st.just(id)


@kept
def _moment() -> st.SearchStrategy[datetime | None]:
    return st.one_of(st.sampled_from((None, *pools.INSTANTS)), values.instants())


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
        created_at=draw(_moment()),
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
        created_at=draw(_moment()),
        **{"responsible": ADMIN, **draw(deal_fields())},
    )


@kept
@st.composite
def contacts(draw: st.DrawFn, *, id: int | None = None) -> Contact:
    """Contacts of no company, made by hand."""
    return Contact(
        id=ContactId(draw(_number(id))),
        created_at=draw(_moment()),
        **{"responsible": ADMIN, **draw(card_fields(kind=Kind.CONTACT))},
    )


@kept
@st.composite
def companies(draw: st.DrawFn, *, id: int | None = None) -> Company:
    """Companies made by hand."""
    return Company(
        id=CompanyId(draw(_number(id))),
        created_at=draw(_moment()),
        **{"responsible": ADMIN, **draw(card_fields(kind=Kind.COMPANY))},
    )


@kept
@st.composite
def activities(draw: st.DrawFn, *, id: int | None = None, completed: bool | None = None) -> Activity:
    """Activities of all kinds, open and complete; what they are bound to is a matter of the CRM."""
    fields = draw(activity_fields(completed=completed))
    return Activity(
        id=ActivityId(draw(_number(id))),
        created_at=draw(_moment()),
        completed_at=draw(_moment()) if fields["completed"] else None,
        **fields,
    )
