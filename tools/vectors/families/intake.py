"""Inquiries: states times settings times senders, what is kept of them, and the analysis by source."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from crmcore.domain.model.ids import Kind, SourceCode
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.values import Money, PersonName
from crmcore.testing import ADMIN, accepted
from tools.vectors.drafts import Draft, Json, call, do, fields_of, said, world
from tools.vectors.families.policies import CHOICES, whole
from tools.vectors.scenes import FILLED, PEOPLE, Scene, begun, email, phone

__all__ = ["DOCUMENTS", "GIVENS", "drafts"]


def _people() -> Any:
    """Clients and active leads that share e-mails and phones in every way that a sender can be recognised by."""
    p = Scene.at(new_crm(CrmMode.CLASSIC))
    p.pipeline("Partners")
    firm = p.company(title="Example Ltd", contact_points=(email("office@example.org"),), responsible=4)
    bob = p.contact(
        name=PersonName(first="Bob"),
        contact_points=(email("bob@example.org"), phone("+32 2 555 02 20")),
        company_id=firm.id,
        responsible=2,
    )
    p.contact(name=PersonName(first="Zoe"), contact_points=(email("zoe@example.org"),), responsible=4)
    zoe = p.contact(
        name=PersonName(first="Zoe too"), contact_points=(email("zoe@example.org"), phone("055 1111")), responsible=4
    )
    p.contact(
        name=PersonName(first="Shared"), contact_points=(phone("055 2222"), email("old@example.org")), responsible=4
    )
    p.company(title="Shared", contact_points=(phone("055 2222"),))
    p.company(title="Firm", contact_points=(email("firm@example.org"),))
    kim = p.contact(
        name=PersonName(first="Kim"), contact_points=(email("kim@example.org"),), responsible=4, opened=True
    )
    p.deal(title="of Bob", contact_id=bob.id, company_id=firm.id, responsible=2)
    p.later()
    p.deal(title="of Kim, newer", contact_id=kim.id, responsible=2)
    p.deal(title="of Zoe too", contact_id=zoe.id, responsible=4)
    p.later()
    p.deal(title="of Kim, newest and won", contact_id=kim.id, stage="WON")
    p.deal(title="of the firm, lost", company_id=3, stage="LOSE")
    p.later()
    p.lead(title="Ann", contact_points=(email("ann@example.com"), phone("055 3333")), responsible=4)
    p.lead(title="Dan", contact_points=(email("dan@example.com"), phone("055 4444")), responsible=2)
    p.lead(title="Dan too", contact_points=(email("dan@example.com"), phone("055 4444")), responsible=4)
    p.lead(title="Bob again", contact_points=(phone("055 5555"),), contact_id=bob.id, responsible=4)
    closed = p.lead(title="Closed", contact_points=(email("closed@example.com"),))
    p.crm.close_lead(ADMIN, closed.id)
    p.later(days=2)
    return p


def _people_switching() -> Any:
    p = _people()
    begun(p)
    return p


def _people_simple() -> Any:
    p = _people()
    accepted(p.crm.switch_to_simple(ADMIN, key="done"))
    p.later()
    return p


def _sources() -> Any:
    """Leads of several sources, owners, currencies and ends."""
    p = Scene.at(new_crm(CrmMode.CLASSIC))
    rows = [
        ("WEB", "10.50", "EUR", 4, "NEW"),
        ("WEB", "7", "USD", 2, "NEW"),
        ("WEB", None, None, 4, "JUNK"),
        ("CALL", "100", "EUR", 4, "NEW"),
        ("CALL", "0.01", "EUR", 2, "NEW"),
        (None, "5", None, 4, "NEW"),
        (None, None, None, 2, "PROCESSED"),
    ]
    for source, amount, currency, owner, stage in rows:
        money = None if amount is None else Money(amount=Decimal(amount), currency=currency)
        p.lead(source=None if source is None else SourceCode(source), amount=money, responsible=owner, stage=stage)
    for id in (1, 4):
        accepted(p.crm.convert_lead(ADMIN, id))
    accepted(p.crm.delete_lead(ADMIN, 7))
    p.later()
    return p


DOCUMENTS: Mapping[str, Callable[[], object]] = {
    "people": _people,
    "people-switching": _people_switching,
    "people-simple": _people_simple,
    "sources": _sources,
}
GIVENS: Mapping[str, Json] = {
    **{name: {"document": name} for name in DOCUMENTS},
    "people-unlicensed": {"document": "people", "plan": False},
}
_STATES = {
    "classic": "people",
    "unlicensed": "people-unlicensed",
    "switching": "people-switching",
    "simple": "people-simple",
}


def _mail(*values: str) -> list[Json]:
    return [{"kind": "email", "type": "WORK", "value": value} for value in values]


def _phone(*values: str) -> list[Json]:
    return [{"kind": "phone", "type": "WORK", "value": value} for value in values]


_SENDERS: Mapping[str, list[Json]] = {
    "unknown": _mail("eve@example.net") + _phone("055 9999"),
    "without-address": [],
    "lead-by-email": _mail("ANN@example.com"),
    "lead-by-phone": _phone("055-3333"),
    "leads-by-email": _mail("dan@example.com"),
    "leads-by-phone": _phone("055 4444"),
    "lead-by-email-before-phone": _mail("ann@example.com") + _phone("055 5555"),
    "lead-of-client": _phone("055 5555"),
    "closed-lead": _mail("closed@example.com"),
    "client-by-email": _mail("bob@example.org"),
    "client-by-phone": _phone("+32 2 555 02 20"),
    "clients-by-email": _mail("zoe@example.org"),
    "clients-by-phone": _phone("055 2222"),
    "client-by-email-before-phone": _mail("old@example.org") + _phone("055 1111"),
    "company-by-email": _mail("firm@example.org"),
    "company-of-contact": _mail("office@example.org"),
    "client-with-closed-deal": _mail("kim@example.org"),
    "two-clients-with-deals": _mail("bob@example.org", "kim@example.org"),
    "client-and-lead": _mail("bob@example.org", "ann@example.com"),
    "new-address-of-client": _mail("bob@example.org", "bob@home.example"),
}


def drafts() -> Iterator[Draft]:
    """The vectors."""
    yield from _senders()
    yield from _contents()
    yield from _actors()
    yield from _repeats()
    yield from _analyses()


def _senders() -> Iterator[Draft]:
    for state, given in _STATES.items():
        for repeat in ("new_deal", "attach"):
            for sender, points in _SENDERS.items():
                yield Draft(
                    id=f"intake.{state}.{repeat.replace('_', '-')}.{sender}",
                    given=given,
                    when=[
                        do(1, "change_settings", repeat_inquiry=repeat),
                        do(
                            1,
                            "take_inquiry",
                            channel="email",
                            subject="Prices?",
                            fields={"contact_points": points, "comments": "How much?"},
                        ),
                    ],
                    rules=("INTAKE-1", "INTAKE-7") if state == "classic" else ("INTAKE-2", "INTAKE-3"),
                )


def _contents() -> Iterator[Draft]:
    """What is kept and what is named as lost, by what the inquiry becomes (INTAKE-6)."""
    full: dict[str, Any] = {name: value for name, value in FILLED.items() if name != "contact_points"}
    whats: dict[str, Json] = {
        "everything": fields_of(Kind.LEAD, **full),
        "comments": {"comments": "How much?"},
        "title": {"title": "Desks"},
        "title-and-comments": {"title": "Desks", "comments": "How much?"},
        "amount": {"amount": {"amount": "10.00", "currency": "EUR"}},
        "responsible": {"responsible": 2, "opened": True},
        "custom": fields_of(Kind.LEAD, custom=FILLED["custom"]),
    }
    becomes = {
        "lead": ("people", "new_deal", "unknown"),
        "repeat-lead": ("people", "new_deal", "client-by-email"),
        "touch-of-lead": ("people", "new_deal", "lead-by-email"),
        "deal-of-new-client": ("people-simple", "new_deal", "unknown"),
        "deal-of-client": ("people-simple", "new_deal", "client-by-email"),
        "touch-of-deal": ("people-simple", "attach", "client-by-email"),
        "new-address": ("people-simple", "attach", "new-address-of-client"),
    }
    for name, (given, repeat, sender) in becomes.items():
        for what, fields in whats.items():
            for subject in (None, "Desks"):
                yield Draft(
                    id=f"intake.kept.{name}.{what}.{'with' if subject else 'without'}-subject",
                    given=given,
                    when=[
                        do(1, "change_settings", repeat_inquiry=repeat),
                        do(
                            1,
                            "take_inquiry",
                            channel="request",
                            subject=subject,
                            fields={**fields, "contact_points": _SENDERS[sender]},
                        ),
                    ],
                    rules=("INTAKE-6",),
                )
    for client in ("contact", "company", "both"):
        policy = CHOICES[f"{client}.keep.partners"]
        yield Draft(
            id=f"intake.new-client.{client}",
            given="clients",
            when=[
                *whole(policy),
                do(
                    2,
                    "take_inquiry",
                    channel="request",
                    fields=fields_of(Kind.LEAD, **FILLED),
                ),
            ],
            rules=("INTAKE-2", "INTAKE-6", "POLICY-6"),
        )
    yield Draft(
        id="intake.no-room-for-the-lost",
        given="people",
        when=[
            do(
                1,
                "take_inquiry",
                channel="chat",
                fields={
                    "title": "Desks",
                    "job_title": "Buyer",
                    "comments": "x" * 65_535,
                    "contact_points": _SENDERS["lead-by-email"],
                },
            )
        ],
        rules=("INTAKE-6",),
    )


def _actors() -> Iterator[Draft]:
    """Who may take an inquiry, and what it is told of a record that it may not read."""
    for state in ("classic", "simple"):
        for person in PEOPLE:
            for sender in ("leads-by-email", "client-by-email", "unknown"):
                yield Draft(
                    id=f"intake.actor.{state}.{person}.{sender}",
                    given=_STATES[state],
                    when=[
                        do(1, "change_settings", repeat_inquiry="attach"),
                        do(
                            PEOPLE[person][0],
                            "take_inquiry",
                            channel="call",
                            fields={"contact_points": _SENDERS[sender]},
                        ),
                    ],
                    rules=("PERM-6", "INTAKE-1" if state == "classic" else "INTAKE-2"),
                )


def _repeats() -> Iterator[Draft]:
    """The same key gives the same answer, whatever has become of it since (EDIT-1)."""
    ask = do(
        1,
        "take_inquiry",
        key="message-1",
        channel="email",
        fields={"contact_points": _SENDERS["unknown"], "observers": [2]},
    )
    for name, between in {
        "at-once": [],
        "after-switch": whole(CHOICES["contact.keep.default"], first=1),
        "after-conversion": [do(1, "convert_lead", lead_id=said(0, "ref.1"))],
        "after-deletion": [do(1, "delete_lead", lead_id=said(0, "ref.1"))],
        "after-close": [do(1, "close_lead", lead_id=said(0, "ref.1"))],
    }.items():
        yield Draft(
            id=f"intake.key.{name}",
            given="people",
            when=[ask, *between, ask],
            rules=("EDIT-1", "INTAKE-6"),
        )
    attach = do(
        1,
        "take_inquiry",
        key="message-1",
        channel="email",
        fields={"contact_points": _SENDERS["client-by-email"], "title": "More", "job_title": "Buyer"},
    )
    yield Draft(
        id="intake.key.names-the-lost-again",
        given="people-simple",
        when=[do(1, "change_settings", repeat_inquiry="attach"), attach, attach],
        rules=("EDIT-1", "INTAKE-6"),
    )
    again = do(1, "take_inquiry", channel="email", fields={"contact_points": _SENDERS["unknown"], "title": "Hello"})
    for state, given in _STATES.items():
        for repeat in ("new_deal", "attach"):
            yield Draft(
                id=f"intake.second-from-unknown.{state}.{repeat.replace('_', '-')}",
                given=given,
                when=[do(1, "change_settings", repeat_inquiry=repeat), again, again],
                rules=("INTAKE-3", "INTAKE-1"),
            )
    yield Draft(
        id="intake.named-company-is-kept",
        given="clients",
        when=[
            *whole(CHOICES["both.keep.default"]),
            do(
                1,
                "take_inquiry",
                channel="email",
                fields={
                    "title": "Desks",
                    "company_title": "Sample & Sons",
                    "name": {"honorific": None, "first": "Ann", "middle": None, "last": None},
                },
            ),
        ],
        rules=("INTAKE-2",),
    )


def _analyses() -> Iterator[Draft]:
    won = {"leads": [_won(50, "CALL", "300.00"), _won(51, "WEB", "0.30")]}
    for person in PEOPLE:
        yield Draft(
            id=f"intake.sources.{person}",
            given="sources",
            when=[call(PEOPLE[person][0], "sources")],
            rules=("INTAKE-5",),
        )
    for name, before in {
        "after-import-of-won": [do(1, "import_records", **won)],
        "after-switch": whole(CHOICES["contact.keep.default"]),
        "after-close": [do(1, "close_lead", lead_id=2)],
        "after-deletion": [do(1, "delete_lead", lead_id=1), do(1, "delete_lead", lead_id=2)],
        "without-plan": [world(plan=False)],
    }.items():
        yield Draft(
            id=f"intake.sources.{name}",
            given="sources",
            when=[*before, call(1, "sources")],
            rules=("INTAKE-5", "CONV-5"),
        )


def _won(id: int, source: str, amount: str) -> Json:
    from tools.vectors.commands import imported

    return imported(id, "CONVERTED", "S", source=source, amount={"amount": amount, "currency": "EUR"})
