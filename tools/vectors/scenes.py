"""What the vectors begin with: a small company in every state, its people, and what goes wrong with its store.

The cast is one and the same in every state. Its documents are made by this library, since they are only given.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from attrs import evolve

from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.document import dump_crm
from crmcore.domain.model.ids import LeadId, PipelineId, UserId
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import LeadOutcome
from crmcore.domain.model.policy import ClientChoice, ModeSwitchPolicy
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.model.values import Address, ContactPoint, ExternalOrigin, Money, PersonName, PointKind, Utm
from crmcore.domain.protocol.commands import ImportRecords, SetAside
from crmcore.testing import ADMIN, TestCrm, accepted

__all__ = [
    "CLOCK",
    "DOCUMENTS",
    "EXTRA_GIVENS",
    "FILLED",
    "LIVE_POLICY",
    "PEOPLE",
    "ROLES",
    "STATES",
    "Scene",
    "begun",
    "cast",
    "document",
    "email",
    "phone",
    "token",
]

Json = dict[str, Any]

#: When every vector happens: neither midnight nor the day of any record.
CLOCK = "2026-03-14T15:09:26+00:00"
_BUILT = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)


def email(value: str) -> ContactPoint:
    """An e-mail of work."""
    return ContactPoint(kind=PointKind.EMAIL, value=value)


def phone(value: str) -> ContactPoint:
    """A phone of work."""
    return ContactPoint(kind=PointKind.PHONE, value=value)


def _role(name: str, *levels: list[Any], **flags: bool) -> Json:
    return {"name": name, **({"levels": list(levels)} if levels else {}), **flags}


def _on(level: str, *kinds: str, operations: str = "read add update delete") -> list[list[Any]]:
    return [[operation, kind, None, level] for kind in kinds for operation in operations.split()]


_CARDS = ("lead", "deal", "contact", "company")

#: The people of the company, each class of actors once. Who is not here has no role.
PEOPLE: Mapping[str, tuple[int, list[Json]]] = {
    "administrator": (1, [_role("administrator", administrator=True)]),
    "manager": (2, [_role("manager", *_on("all", *_CARDS))]),
    "settings": (3, [_role("settings", settings=True)]),
    "own": (4, [_role("own records", *_on("own", *_CARDS))]),
    "open": (5, [_role("open records", *_on("open", *_CARDS))]),
    "reader": (6, [_role("reader", *_on("all", *_CARDS, operations="read"))]),
    "stranger": (7, []),
    "exporter": (8, [_role("export", export=True)]),
    "adder": (9, [_role("adds leads", *_on("all", "lead", operations="read add"))]),
    "two-roles": (
        10,
        [_role("reader", *_on("all", *_CARDS, operations="read")), _role("own records", *_on("own", *_CARDS))],
    ),
    "partner": (
        11,
        [
            _role(
                "partner",
                *_on("all", "lead", "contact", "company"),
                *([operation, "deal", 1, "all"] for operation in ("read", "add", "update", "delete")),
            )
        ],
    ),
    "chief": (12, [_role("settings", settings=True), _role("manager", *_on("all", *_CARDS))]),
    "chief-without-companies": (
        13,
        [_role("settings", settings=True), _role("people", *_on("all", "lead", "deal", "contact"))],
    ),
    "closer": (14, [_role("closer", *_on("all", "lead", operations="read update"))]),
}
ROLES: Mapping[str, Mapping[str, list[Json]]] = {
    "staff": {str(number): roles for number, roles in PEOPLE.values() if roles},
}

LIVE_POLICY: Json = {"client": "both", "pipeline_id": 1, "keep_activities": False}

#: A lead with every field filled but the two links.
FILLED: Mapping[str, Any] = {
    "title": "Forty desks",
    "name": PersonName(honorific="Ms", first="Ann", middle="B.", last="Sample"),
    "birth_date": datetime(1980, 5, 17).date(),  # noqa: DTZ001  # a day
    "job_title": "Buyer",
    "company_title": "Sample & Sons",
    "contact_points": (
        email("ann@example.com"),
        phone("+32 2 555 01 10"),
        ContactPoint(kind=PointKind.WEBSITE, value="https://sample.example"),
        ContactPoint(kind=PointKind.MESSENGER, type="OTHER", value="ann.sample"),
    ),
    "address": Address(street="Main Street 1", city="Ghent", postal_code="9000", country="Belgium"),
    "comments": "Wants them in oak.\nAsk again in May.",
    "opened": True,
    "origin": ExternalOrigin(originator="shop", id="4711"),
    "utm": Utm(source="news", medium="mail", campaign="spring", content="a", term="desks"),
    "source": "WEB",
    "source_description": "the form on the front page",
    "stage_description": "called twice",
    "amount": Money(amount=Decimal("1200.50"), currency="EUR"),
    "observers": (UserId(2), UserId(6)),
    "custom": {"UF_CRM_COLOUR": "oak", "UF_CRM_COUNT": 40, "UF_CRM_RUSH": True},
}


class Scene(TestCrm):
    """A CRM that is put together for a document."""

    @classmethod
    def at(cls, image: CrmImage) -> Any:
        """A scene, in which plain numbers name records and people."""
        return cls.of(image, clock=FixedClock(_BUILT))

    def later(self, **by: float) -> None:
        self.clock.move(timedelta(**(by or {"hours": 1})))


def _lead(**given: Any) -> Lead:
    """A lead as an import brings it."""
    return Lead(**given)


def cast() -> Any:
    """The company in Classic, before any switch."""
    p = Scene.at(new_crm(CrmMode.CLASSIC))
    p.pipeline("Partners")
    p.crm.archive_pipeline(ADMIN, p.pipeline("Fairs").id)
    example = p.company(title="Example Ltd", contact_points=(email("office@example.org"),), responsible=4)
    bob = p.contact(
        name=PersonName(first="Bob", last="Client"),
        contact_points=(email("bob@example.org"), phone("+32 2 555 02 20")),
        company_id=example.id,
        responsible=2,
    )
    desks = p.lead(
        title="Forty desks",
        name=PersonName(first="Ann", last="Sample"),
        company_title="Sample & Sons",
        contact_points=(email("ann@example.com"), phone("+32 2 555 01 10")),
        amount=Money(amount=Decimal("1200.50"), currency="EUR"),
        source="WEB",
        observers=(UserId(2),),
        comments="Wants them in oak.",
        responsible=4,
    )
    p.later()
    chairs = p.lead(
        title="Ten chairs", contact_id=bob.id, company_id=example.id, responsible=2, opened=True, source="CALL"
    )
    lamps = p.lead(title="Two lamps", name=PersonName(last="Closed"), source="WEB", responsible=4)
    shelves = p.lead(
        title="Six shelves",
        contact_points=(email("carl@example.com"),),
        company_title="Shelf House",
        amount=Money(amount=Decimal("99.90"), currency="USD"),
        source="WEB",
        responsible=4,
    )
    gone = p.lead(title="Forgotten", responsible=4)
    p.activity(desks, kind="call", subject="Ask for the colour", responsible=4)
    p.activity(desks, kind="task", subject="Send the list", completed=True, responsible=4)
    p.activity(desks, chairs, kind="meeting", subject="Show both", deadline=_BUILT + timedelta(days=30))
    p.activity(lamps, kind="call", subject="Was no interest", responsible=4)
    p.activity(shelves, kind="email", subject="Price of shelves", responsible=4)
    p.activity(gone, kind="call", subject="Nobody there")
    p.deal(title="Yearly order", contact_id=bob.id, company_id=example.id, responsible=4)
    p.later()
    p.deal(title="Fair stand", contact_id=bob.id, pipeline_id=PipelineId(1), responsible=2, opened=True)
    p.activity(p.reread(bob), kind="call", subject="Birthday")
    p.later()
    p.crm.close_lead(ADMIN, lamps.id)
    p.crm.convert_lead(ADMIN, shelves.id, policy=ModeSwitchPolicy(client=ClientChoice.BOTH))
    p.crm.delete_lead(ADMIN, gone.id)
    old = _lead(
        id=6,
        stage="CONVERTED",
        semantics=StageSemantics.SUCCESS,
        title="Old customer",
        amount=Money(amount=Decimal(300), currency="EUR"),
        source="CALL",
        responsible=2,
        created_at=_BUILT,
    )
    accepted(p.crm.import_records(ADMIN, ImportRecords(leads=(old,))))
    p.later(days=1)
    return p


def begun(p: Any, key: str = "live", policy: ModeSwitchPolicy | None = None) -> SwitchToken:
    chosen = ModeSwitchPolicy(client=ClientChoice.BOTH, pipeline_id=PipelineId(1), keep_activities=False)
    live = p.crm.begin_switch(ADMIN, key=key, policy=policy or chosen)
    assert isinstance(live, SwitchToken), live
    return live


def _switching() -> Any:
    p = cast()
    begun(p)
    return p


def _half() -> Any:
    """One lead converted, one left."""
    p = cast()
    accepted(p.crm.convert_chunk(begun(p), 1))
    return p


def _blocked() -> Any:
    p = cast()
    live = begun(p)
    for id, code in ((1, "unreadable"), (2, "unwritable")):
        assert isinstance(
            accepted(p.crm.run(UserId(0), SetAside(token=live, lead_id=LeadId(id), code=code))), LeadOutcome
        )
    return p


def _simple() -> Any:
    p = cast()
    accepted(p.crm.switch_to_simple(ADMIN, key="done"))
    return p


def _finished() -> Any:
    """Every active lead converted, and the switch not ended yet."""
    p = cast()
    accepted(p.crm.convert_chunk(begun(p), 10))
    return p


def _back() -> Any:
    """Classic again after a switch that finished and one that was cancelled, with a new lead."""
    p = _simple()
    accepted(p.crm.switch_to_classic(ADMIN))
    p.later(days=1)
    p.lead(title="Again", contact_points=(email("dora@example.net"),), responsible=4)
    p.lead(title="And again", responsible=2)
    accepted(p.crm.convert_chunk(begun(p, "stopped"), 1))
    accepted(p.crm.cancel_switch(ADMIN))
    p.later()
    return p


def _orphan() -> Any:
    """Damaged: the last switch used a pipeline that is archived now."""
    policy = ModeSwitchPolicy(pipeline_id=PipelineId(2))
    image = _simple().image()
    return Scene.at(evolve(image, settings=evolve(image.settings, last_policy=policy)))


def _widely_bound() -> Any:
    """One activity with as many bindings as it may get by hand, and a contact more."""
    p = Scene.at(new_crm(CrmMode.CLASSIC))
    contacts = [p.contact() for _ in range(201)]
    p.activity(*contacts[:200])
    return p


def _new(mode: CrmMode) -> Callable[[], Any]:
    return lambda: Scene.at(new_crm(mode))


DOCUMENTS: dict[str, Callable[[], Any]] = {
    "new": _new(CrmMode.SIMPLE),
    "new-classic": _new(CrmMode.CLASSIC),
    "classic": cast,
    "switching": _switching,
    "half": _half,
    "finished": _finished,
    "blocked": _blocked,
    "simple": _simple,
    "back": _back,
    "orphan": _orphan,
    "widely-bound": _widely_bound,
}


#: The eight that every command is tried in: the states, with the plan and without it.
STATES: Mapping[str, tuple[str, bool]] = {
    "classic": ("classic", True),
    "unlicensed": ("classic", False),
    "switching": ("switching", True),
    "switching-without-plan": ("switching", False),
    "blocked": ("blocked", True),
    "blocked-without-plan": ("blocked", False),
    "simple": ("simple", True),
    "simple-without-plan": ("simple", False),
}
#: What some vectors begin with besides, as changes of a given: `given.json` has them under these names.
EXTRA_GIVENS: dict[str, Json] = {
    name: {"document": name} for name in ("new", "new-classic", "half", "finished", "back", "orphan", "widely-bound")
}


@cache
def document(name: str) -> Json:
    """A document as JSON."""
    made: Json = json.loads(dump_crm(DOCUMENTS[name]().image()))
    assert not made["commands"], "what a command is recognised by is an implementation's own business"
    return made


def token(name: str) -> Json:
    """The token of the live switch of a document."""
    live = document(name)["settings"]["switching"]
    return {"key": live["key"], "epoch": live["epoch"]}
