"""A small CRM in the middle of a switch, in which every part of the model occurs."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from typing import Any

from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.commands import SetAside
from crmcore.domain.ids import Kind, PipelineId, Ref, StageCode, UserId
from crmcore.domain.image import CrmImage, new_crm
from crmcore.domain.mode import CrmMode
from crmcore.domain.pipeline import Pipeline
from crmcore.domain.policy import MatchSetting
from crmcore.domain.stages import Stage, StageSemantics
from crmcore.domain.values import (
    Address,
    ContactPoint,
    ExternalOrigin,
    Money,
    PersonName,
    PointKind,
    Utm,
)
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted

__all__ = ["busy_crm"]

#: Everything that a card can carry, with values that are easily spoilt on the way.
FULL: dict[str, Any] = {
    "title": 'O\'Brien "Bob"; =1+1 🦊',
    "name": PersonName(first="e\u0301", middle=" ", last="שלום"),
    "company_title": "Smith, Jr.\u2028& Co",
    "contact_points": (
        ContactPoint(kind=PointKind.EMAIL, type="WORK", value="Ann@Example.com"),
        ContactPoint(kind=PointKind.EMAIL, type="HOME", value="no-at-sign"),
        ContactPoint(kind=PointKind.PHONE, type="MOBILE", value="+39 06 1234567"),
    ),
    "address": Address(full="Line\none", street="Via 'Roma'", city="ß and İ", country="IT"),
    "amount": Money(amount=Decimal("12345678901234567890.10"), currency="EUR"),
    "comments": "tab\tline\nend ",
    "utm": Utm(source="news", campaign="autumn"),
    "origin": ExternalOrigin(originator="shop", id="0042"),
    "job_title": "CTO",
    "birth_date": date(1980, 2, 29),
    "observers": (UserId(3), UserId(1)),
    "source": "WEB",
    "source_description": "form 7",
    "opened": True,
    "custom": {
        "UF_TEXT": "",
        "UF_INT": -1,
        "UF_DECIMAL": Decimal("1E+3"),
        "UF_BOOL": False,
        "UF_DATE": date(2024, 2, 29),
        "UF_INSTANT": datetime(2026, 1, 1, 2, 3, 4, 567, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        "UF_LIST": ("a", "", "b"),
    },
}


@cache
def busy_crm() -> CrmImage:
    """Leads in every state, shared activities, known clients, two pipelines, and a switch that is half done."""
    scene = Scene(InMemoryStore(new_crm(CrmMode.CLASSIC)))
    crm = scene.crm
    stages = (
        Stage(code=StageCode("WON_B"), semantics=StageSemantics.SUCCESS),
        Stage(code=StageCode("FIRST_B"), semantics=StageSemantics.IN_PROCESS),
    )
    accepted(crm.define_pipeline(ADMIN, Pipeline(id=PipelineId(7), name="Partners", stages=stages)))
    accepted(crm.define_pipeline(ADMIN, Pipeline(id=PipelineId(8), name="Old", stages=stages)))
    accepted(crm.archive_pipeline(ADMIN, PipelineId(8)))
    accepted(crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    known = scene.add_contact(contact_points=FULL["contact_points"])
    company = accepted(crm.add_company(ADMIN, title="Calm Ltd", contact_points=FULL["contact_points"][:1]))
    accepted(crm.add_deal(ADMIN, title="Ongoing", contact_id=known))
    full = scene.add(**FULL)
    plain = scene.add(title="Plain")
    closed, deleted, by_hand = scene.add(title="Closed"), scene.add(title="Deleted"), scene.add(**FULL)
    linked = scene.add(title="Linked", contact_id=known, company_id=company)
    faulty = scene.add(title="Faulty")
    last = scene.add(title="Last", contact_points=FULL["contact_points"])
    shared = [Ref(Kind.LEAD, id) for id in (full, plain, by_hand)]
    scene.add_activity(*shared)
    done = scene.add_activity(shared[0])
    accepted(crm.complete_activity(ADMIN, done))
    scene.add_activity(Ref(Kind.LEAD, last), Ref(Kind.CONTACT, known))
    gone = scene.add_activity(shared[1])
    accepted(crm.delete_activity(ADMIN, gone))
    accepted(crm.close_lead(ADMIN, closed))
    accepted(crm.delete_lead(ADMIN, deleted))
    scene.convert(by_hand)
    accepted(crm.add_lead(ADMIN, title="Keyed", key="once"))
    token = scene.begin()
    accepted(crm.cancel_switch(ADMIN))
    token = scene.begin(key="again")
    accepted(crm.run(ADMIN, SetAside(token=token, lead_id=faulty, code="unreadable")))
    accepted(crm.convert_chunk(token, 2))
    accepted(crm.close_lead(ADMIN, linked))
    return scene.image()
