"""Small CRMs in which every field of the model occurs, each time with a value of its own.

A store that loses a field, or swaps it for another one, differs from one of them (tests/kit/test_seeds.py).

lines: the steps by which each of these CRMs comes about.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

from attrs import evolve

from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import (
    RECORDS,
    ActivityId,
    CompanyId,
    ContactId,
    Kind,
    LeadId,
    PipelineId,
    Ref,
    StageCode,
    UserId,
)
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.policy import ClientChoice, MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.settings import CrmMode, RepeatInquiry
from crmcore.domain.model.stages import LeadStages, Stage, StageSemantics
from crmcore.domain.model.text import LINE_LIMIT, TEXT_LIMIT
from crmcore.domain.model.tombstone import LINKS
from crmcore.domain.model.values import Address, ContactPoint, ExternalOrigin, Money, PersonName, PointKind, Utm
from crmcore.domain.protocol.commands import SetAside
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted
from crmcore.testing.field_paths import PathStep, changed, field_paths

__all__ = ["FULL", "SEEDS", "UNFILLED", "busy_crm", "edge_crm"]

T = TypeVar("T")

_CARD: dict[str, Any] = {
    "address": Address(
        full="Line\none",
        street="Via 'Roma'",
        flat="2/b",
        city="ß and İ",
        region="Lazio",
        province="RM",
        postal_code="00184",
        country="IT",
    ),
    "comments": "tab\tline\nend ",
    "utm": Utm(source="news", medium="mail", campaign="autumn", content="banner", term="desks"),
    "origin": ExternalOrigin(originator="shop", id="0042"),
    "opened": True,
    "responsible": UserId(501),
    "custom": {
        "UF_TEXT": "",
        "UF_INT": -1,
        "UF_DECIMAL": Decimal("1E+3"),
        "UF_BOOL": False,
        "UF_YES": True,
        "UF_DATE": date(2024, 2, 29),
        "UF_INSTANT": datetime(2026, 1, 1, 2, 3, 4, 567, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        "UF_LIST": ("a", "", "b"),
    },
}
_POINTS = (
    ContactPoint(kind=PointKind.EMAIL, type="WORK", value="Ann@Example.com"),
    ContactPoint(kind=PointKind.EMAIL, type="HOME", value="no-at-sign"),
    ContactPoint(kind=PointKind.PHONE, type="MOBILE", value="+39 06 1234567"),
    ContactPoint(kind=PointKind.WEBSITE, type="OTHER", value="https://example.com/?a=1&b=2"),
    ContactPoint(kind=PointKind.MESSENGER, type="TELEGRAM", value="@ann"),
)
_SOURCE: dict[str, Any] = {"source": "WEB", "source_description": "form 7"}
_PERSON: dict[str, Any] = {
    "name": PersonName(honorific="Dr.", first="e\u0301", middle="Q", last="שלום"),
    "birth_date": date(1980, 2, 29),
    "job_title": "CTO",
}
_AMOUNT = Money(amount=Decimal("12345678901234567890.10"), currency="EUR")

#: Everything that a lead can carry, with values that are easily spoilt on the way.
FULL: dict[str, Any] = {
    **_CARD,
    **_SOURCE,
    **_PERSON,
    "title": 'O\'Brien "Bob"; =1+1 🦊',
    "company_title": "Smith, Jr.\u2028& Co",
    "contact_points": _POINTS,
    "amount": _AMOUNT,
    "stage_description": "waits for\nan answer",
    "observers": (UserId(503), UserId(502)),
}

#: Values that a narrow column cuts, rounds or refuses.
_EDGES: dict[str, Any] = {
    "birth_date": date.min,
    "amount": Money(amount=Decimal("-99999999999999999999.9999999999"), currency="EUR"),
    "custom": {"UF_TEXT": " around ", "UF_INSTANT": datetime.min.replace(tzinfo=UTC), "UF_DECIMAL": Decimal("1E-10")},
}
#: Texts at the limits of DATA-1, of more than one byte a character, in letters that have two cases.
_STRETCHED = tuple(f" {sign * (limit - 2)} " for sign, limit in (("\u00dc", TEXT_LIMIT), ("\U00010400", LINE_LIMIT)))

#: The first ids of these kinds: no two records of a CRM have the same, so that a link to another kind is seen.
_USED = {Kind.DEAL: 100, Kind.CONTACT: 200, Kind.COMPANY: 300, Kind.ACTIVITY: 400}

_STAGES = (
    Stage(code=StageCode("WON_B"), name="Won", semantics=StageSemantics.SUCCESS),
    Stage(code=StageCode("FIRST_B"), name="First", semantics=StageSemantics.IN_PROCESS),
    Stage(code=StageCode("LOST_B"), name="Lost", semantics=StageSemantics.FAILURE),
)


class _Making(Scene):
    """A scene in which every command has an instant of its own."""

    def __init__(self) -> None:
        super().__init__(InMemoryStore(new_crm(CrmMode.CLASSIC)))
        for kind, count in _USED.items():
            self.store.reserve(kind, count)

    def done(self, answer: T | Refused) -> T:
        """What a command answered; the clock moves on."""
        self.clock.move(timedelta(minutes=7, microseconds=1))
        return accepted(answer)

    def define_stages(self) -> None:
        """One more lead stage, and two more pipelines, of which one is archived."""
        stages = self.crm.lead_stages()
        more = (*stages.record.stages, Stage(code=StageCode("LATER"), semantics=StageSemantics.IN_PROCESS))
        self.done(self.crm.define_lead_stages(ADMIN, LeadStages(stages=more), stages.version))
        for id, name in ((PipelineId(7), "Partners"), (PipelineId(8), "Old")):
            self.done(self.crm.define_pipeline(ADMIN, Pipeline(id=id, name=name, stages=_STAGES)))
        self.done(self.crm.archive_pipeline(ADMIN, PipelineId(8)))

    def known_clients(self) -> tuple[CompanyId, ContactId]:
        """A company and a contact with everything that such a card can carry, and deals of theirs."""
        crm = self.crm
        company = self.done(crm.add_company(ADMIN, key="a company", title="Calm Ltd", contact_points=_POINTS, **_CARD))
        given = {**_CARD, **_SOURCE, **_PERSON, "contact_points": _POINTS, "company_id": company}
        contact = self.done(crm.add_contact(ADMIN, key="a contact", **given))
        links = {"contact_id": contact, "company_id": company, "amount": _AMOUNT, **_CARD, **_SOURCE}
        self.done(crm.add_deal(ADMIN, key="a deal", title="Ongoing", pipeline_id=PipelineId(7), **links))
        for stage in ("WON_B", "LOST_B"):
            self.done(crm.add_deal(ADMIN, title="Over", pipeline_id=PipelineId(7), stage=StageCode(stage)))
        return company, contact

    def delete_clients(self) -> None:
        """A deal with its contact and company, each of which was linked to all that it can be, and a lead of theirs."""
        crm = self.crm
        lead_id = self.done(self.add(title="Deleted with its clients", amount=_AMOUNT))
        made = self.done(self.convert(lead_id, ModeSwitchPolicy(client=ClientChoice.BOTH)))
        assert made.contact_id is not None
        assert made.company_id is not None  # the policy asks for both
        self.add(title="On a deleted client", contact_id=made.contact_id, company_id=made.company_id)
        self.done(crm.delete_deal(ADMIN, made.deal_id))
        self.done(crm.delete_contact(ADMIN, made.contact_id))
        self.done(crm.delete_company(ADMIN, made.company_id))

    def work(self, *refs: Ref, key: str | None = None) -> ActivityId:
        """An activity with everything that one can carry."""
        given: dict[str, Any] = {
            "kind": "call",
            "subject": "Call back; 🦊",
            "description": "about\nthe desks",
            "responsible": UserId(504),
            "deadline": datetime(2027, 3, 4, 5, 6, 7, 8, tzinfo=timezone(timedelta(hours=-3))),
        }
        return self.done(self.crm.add_activity(ADMIN, of=refs, key=key, **given))

    def busy(self, lead_id: LeadId) -> None:
        """Three activities of one lead, one of them done."""
        ids = [self.work(Ref(Kind.LEAD, lead_id)) for _ in range(3)]
        self.done(self.crm.complete_activity(ADMIN, ids[0]))

    def start(self, key: str, policy: ModeSwitchPolicy) -> SwitchToken:
        """Begin a switch."""
        return self.done(self.begin(policy, key=key))


@cache
def busy_crm() -> CrmImage:
    """Leads in every state, shared activities, known clients, three switches, of which one is half done."""
    scene = _Making()
    crm = scene.crm
    scene.define_stages()
    for id in (scene.done(scene.add(**FULL)), scene.done(scene.add(title="Before"))):
        if id == 1:
            scene.busy(id)
    first = ModeSwitchPolicy(client=ClientChoice.COMPANY, pipeline_id=PipelineId(7), keep_activities=False)
    scene.done(crm.switch_to_simple(ADMIN, policy=first, key="first"))
    scene.done(crm.switch_to_classic(ADMIN))
    scene.done(crm.change_settings(ADMIN, match=MatchSetting.EMAIL, repeat_inquiry=RepeatInquiry.ATTACH))
    company, known = scene.known_clients()
    full = scene.done(scene.add(**FULL))
    plain = scene.done(scene.add(title="Plain"))
    closed, deleted, by_hand = scene.add(title="Closed"), scene.add(title="Deleted"), scene.done(scene.add(**FULL))
    linked = scene.add(title="Linked", contact_id=known, company_id=company)
    faulty = scene.add(title="Faulty")
    last = scene.add(title="Last", contact_points=_POINTS[:3])
    leaves, dies, other = (scene.add(title=each) for each in ("Leaves", "Dies", "By hand meanwhile"))
    shared = [Ref(Kind.LEAD, id) for id in (full, plain, by_hand)]
    scene.add_activity(*shared)
    scene.busy(full)
    scene.work(Ref(Kind.LEAD, last), Ref(Kind.CONTACT, known), key="an activity")
    taken = scene.work(*shared[:2])
    scene.done(crm.unbind_activity(ADMIN, taken, shared[1]))
    gone = scene.add_activity(shared[1])
    scene.done(crm.delete_activity(ADMIN, gone))
    scene.done(crm.close_lead(ADMIN, closed))
    scene.done(crm.delete_lead(ADMIN, deleted))
    both = ModeSwitchPolicy(client=ClientChoice.BOTH, pipeline_id=PipelineId(7))
    scene.done(scene.convert(by_hand, both))
    over = scene.done(scene.add(**{**FULL, "contact_points": (), "company_title": "Over Ltd"}))
    scene.done(scene.convert(over, both))
    scene.done(crm.delete_lead(ADMIN, over))
    scene.delete_clients()
    scene.done(crm.add_lead(ADMIN, title="Keyed", key="once"))
    token = scene.start("k", ModeSwitchPolicy(keep_activities=False))
    scene.done(crm.convert_lead(ADMIN, plain))
    scene.done(crm.cancel_switch(ADMIN))
    token = scene.start("again", both)
    scene.done(crm.run(ADMIN, SetAside(token=token, lead_id=faulty, code="unreadable")))
    scene.done(crm.convert_chunk(token, 1))
    scene.done(crm.convert_lead(ADMIN, other))
    scene.done(crm.close_lead(ADMIN, leaves))
    scene.done(crm.delete_lead(ADMIN, dies))
    scene.done(crm.add_lead(ADMIN, title="Added meanwhile"))
    scene.done(crm.close_lead(ADMIN, linked))
    scene.done(crm.take_inquiry(ADMIN, channel="chat", contact_points=_POINTS, key="an inquiry", **_SOURCE))
    return scene.image()


def _switched(last: ClientChoice, live: ClientChoice | None = None) -> Callable[[], CrmImage]:
    """A CRM of one lead, which has become Simple, and may be on its way to that again."""

    @cache
    def make() -> CrmImage:
        scene = _Making()
        scene.done(scene.add(title="Only"))
        policy = ModeSwitchPolicy(client=last, keep_activities=live is None)
        scene.done(scene.crm.switch_to_simple(ADMIN, policy=policy, key="last"))
        if live is not None:
            scene.done(scene.crm.switch_to_classic(ADMIN))
            scene.done(scene.add(title="Next"))
            scene.start("live", ModeSwitchPolicy(client=live, keep_activities=False))
        return scene.image()

    return make


@cache
def edge_crm() -> CrmImage:
    """Records of each kind with values at the limits of DATA-1: the longest texts, with blanks around, big numbers."""
    scene = _Making()
    scene.define_stages()
    company, contact = scene.known_clients()
    lead_id = scene.done(scene.add(**{**FULL, **_EDGES}))
    scene.done(scene.crm.edit_contact(ADMIN, contact, 1, birth_date=_EDGES["birth_date"], custom=_EDGES["custom"]))
    scene.work(Ref(Kind.LEAD, lead_id), Ref(Kind.COMPANY, company))
    image = scene.image()
    latest = datetime.max.replace(tzinfo=UTC)
    work = {id: evolve(each, deadline=latest) for id, each in image.activities.items() if isinstance(each, Activity)}
    image = evolve(image, activities=work, commands={})  # what a key may be is not checked by its record
    for path in field_paths(CrmImage):
        if not any(issubclass(step.owner, Mapping) for step in path.steps) and len(path.steps) > 1:
            image = changed(path, image, _stretched)
    return image


def _stretched(field: PathStep, record: Any, value: Any) -> Any:
    """The longest text that a field of a record takes, with blanks around it; codes and all else as they are."""
    if type(value) is not str:
        return value
    for text in _STRETCHED:
        with suppress(InvalidValue):
            evolve(record, **{field.name: text})
            return text
    return value


#: What the contract gives a store to hold, by what it is.
SEEDS: Mapping[str, Callable[[], CrmImage]] = {
    "a CRM in the middle of a switch": busy_crm,
    "a Simple CRM": _switched(ClientChoice.CONTACT),
    "a switch that makes contacts": _switched(ClientChoice.BOTH, ClientChoice.CONTACT),
    "a switch that makes companies": _switched(ClientChoice.CONTACT, ClientChoice.COMPANY),
    "values at their limits": edge_crm,
}

#: Fields that are never filled, and why.
UNFILLED: Mapping[str, str] = {
    f"{RECORDS[kind]}.Tombstone.{name}": f"of its {kind} no {name} is a link"
    for kind, links in {
        Kind.LEAD: ("lead_id",),
        Kind.DEAL: ("deal_id",),
        Kind.CONTACT: ("contact_id", "deal_id"),
        Kind.COMPANY: ("contact_id", "company_id", "deal_id"),
        Kind.ACTIVITY: LINKS,
    }.items()
    for name in links
}
