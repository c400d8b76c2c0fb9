"""Every state of the page and how to get there: what the accessibility of the page and its pictures are shown on."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

from attrs import frozen
from playwright.sync_api import Page

from crmcore.domain.model.fields import ENTITIES
from crmcore.domain.model.ids import LeadId, UserId
from crmcore.domain.model.policy import ClientChoice, ModeSwitchPolicy
from crmcore.domain.model.values import Address, ContactPoint, ContactPoints, Money, PersonName, PointKind
from crmcore.testing import TestCrm
from tests.page.scene import Scene, state

__all__ = ["LONG", "MARKUP", "RIGHT_TO_LEFT", "STATES", "State", "fill", "reach"]

#: Titles that a page must stand: without a place to break, from right to left, and looking like markup.
LONG = "Quotation" * 28 + "end"
RIGHT_TO_LEFT = "أربعون مكتبًا (طلب مستعجل)"
MARKUP = "<b>Twelve</b> lamps & <script>alert(1)</script>"

#: Goes to a state of the scene in a tab, on one of the two pages.
Go = Callable[[Scene, Page, str], None]


@frozen(kw_only=True)
class State:
    """A state of the page: who sees it, what it is called there, and how to get there from a CRM, filled or empty."""

    go: Go
    shown: str
    is_filled: bool = True
    person: UserId | None = TestCrm.administrator


def fill(scene: Scene) -> None:
    """A Classic CRM with a few leads of every sort, activities, clients, and more than one pipeline."""
    p = scene.p
    client = p.contact(name=PersonName(first="Ann", last="Sample"), job_title="Buyer")
    p.pipeline("Partners")
    desks = p.lead(
        title="Forty desks for the new office",
        name=PersonName(first="Ann", last="Sample"),
        company_title="Sample Ltd",
        amount=Money(amount=Decimal("18250.50"), currency="EUR"),
        contact_points=ContactPoints(
            [
                ContactPoint(kind=PointKind.EMAIL, value="ann@example.com"),
                ContactPoint(kind=PointKind.PHONE, value="+39 06 1234567"),
            ]
        ),
        birth_date=date(1990, 5, 17),
        address=Address(street="Via Roma 1", city="Roma", postal_code="00184", country="Italia"),
        comments="Delivery before the summer.\nThe lift is narrow.",
        stage_description="Waiting for the drawings",
        responsible=UserId(1),
    )
    p.lead(title=LONG, amount=Money(amount=Decimal(10_000_000), currency="EUR"))
    p.lead(title=RIGHT_TO_LEFT, company_title="شركة المثال")
    p.lead(title=MARKUP, contact_id=client.id)
    p.lead()
    p.activity(desks, kind="call", subject="Ask for the drawings", deadline=datetime(2026, 12, 1, 9, tzinfo=UTC))
    p.activity(desks, kind="email", subject="Send the catalogue")


def _at(path: str, scene: Scene, tab: Page, page: str) -> None:
    tab.goto(scene.url(page, path))


def _after(arrange: Callable[[Scene], object], path: str = "/mode") -> Go:
    """Arrange the CRM, then look."""

    def go(scene: Scene, tab: Page, page: str) -> None:
        arrange(scene)
        _at(path, scene, tab, page)

    return go


POLICY = ModeSwitchPolicy(client=ClientChoice.BOTH)


def _switch(scene: Scene) -> None:
    scene.crm.switch_to_simple(scene.p.administrator, key="autumn", policy=POLICY)


def _to_classic(scene: Scene) -> None:
    _switch(scene)
    scene.crm.switch_to_classic(scene.p.administrator)


def _half(scene: Scene) -> None:
    """A switch that nobody works on."""
    begun = scene.crm.begin_switch(scene.p.administrator, key="autumn", policy=POLICY)
    scene.crm.convert_chunk(begun, 2)  # type: ignore[arg-type]  # it began


def _block(scene: Scene) -> None:
    """A switch with a lead that cannot be read and one that cannot be written."""
    scene.p.trouble.unreadable.add(LeadId(1))
    scene.p.trouble.unconvertible.add(LeadId(2))
    _switch(scene)


def _cancel(scene: Scene) -> None:
    _half(scene)
    scene.crm.cancel_switch(scene.p.administrator)


def _close_all(scene: Scene) -> None:
    for id in range(1, 6):
        scene.crm.close_lead(scene.p.administrator, LeadId(id))


def _take_plan(scene: Scene) -> None:
    scene.p.plan.classic = False


def _take_plan_in_simple(scene: Scene) -> None:
    _switch(scene)
    _take_plan(scene)


def _unreadable(scene: Scene) -> None:
    scene.p.trouble.unreadable.add(LeadId(1))


def _break_store(scene: Scene) -> None:
    for method in ("snapshot", "page", "listed"):
        scene.p.trouble.fail(method, times=1000)


def _confirm(scene: Scene, tab: Page) -> None:
    scene.button(tab, "confirm").click()


def _moved(scene: Scene, tab: Page, page: str) -> None:
    _at("/mode/preview", scene, tab, page)
    scene.p.lead(title="One more")
    _confirm(scene, tab)


def _work(scene: Scene, tab: Page, page: str) -> None:
    """A switch of many leads that this server is working on, and that goes no further."""
    scene.p.leads(400)
    _at("/mode/preview", scene, tab, page)
    scene.hold(2)
    _confirm(scene, tab)
    state(tab, "switching")
    tab.get_by_text("100 of 405").or_(tab.get_by_text("100 di 405")).first.wait_for()


def _lose_server(scene: Scene, tab: Page, page: str) -> None:
    _work(scene, tab, page)
    scene.stop()
    tab.locator("#gone").wait_for()


def _old_form(scene: Scene, tab: Page, page: str) -> None:
    _at("/mode/preview", scene, tab, page)
    tab.locator("input[name=token]").evaluate("field => { field.value = 'old' }")
    _confirm(scene, tab)


def _wrong_choice(scene: Scene, tab: Page, page: str) -> None:
    _at("/mode/preview?client=everybody", scene, tab, page)


def _states() -> Iterator[tuple[str, State]]:
    reader = TestCrm.manager

    def both(name: str, go: Go, shown: str) -> Iterator[tuple[str, State]]:
        yield name, State(go=go, shown=shown)
        yield f"{name}-reader", State(go=go, shown=shown, person=reader)

    mode = partial(_at, "/mode")
    yield from both("classic", mode, "classic")
    yield from both("no-active-lead", _after(_close_all, "/mode?choose=simple"), "classic")
    yield from both("simple", _after(_switch), "simple")
    yield from both("simple-without-classic", _after(_take_plan_in_simple), "simple")
    yield from both("unlicensed", _after(_take_plan), "unlicensed")
    yield from both("blocked", _after(_block), "blocked")
    yield from both("cancelled", _after(_cancel), "classic")
    yield from both("store-failed", _after(_break_store), "failed")
    yield "options", State(go=partial(_at, "/mode?choose=simple"), shown="classic")
    yield "preview", State(go=partial(_at, "/mode/preview"), shown="preview")
    yield "preview-without-leads", State(go=_after(_close_all, "/mode/preview"), shown="preview")
    yield "preview-with-damage", State(go=_after(_unreadable, "/mode/preview"), shown="preview")
    yield "preview-that-moved", State(go=_moved, shown="preview")
    yield "preview-refused", State(go=partial(_at, "/mode/preview"), shown="refused", person=reader)
    yield "switching", State(go=_work, shown="switching")
    yield "server-gone", State(go=_lose_server, shown="switching")
    yield "stopped", State(go=_after(_half), shown="stopped")
    yield "stopped-reader", State(go=_after(_half), shown="switching", person=reader)
    yield "cancel-question", State(go=_after(_half, "/mode/cancel"), shown="cancel")
    yield "classic-again", State(go=_after(_to_classic), shown="classic")
    yield "old-form", State(go=_old_form, shown="refused")
    yield "wrong-choice", State(go=_wrong_choice, shown="rejected")
    yield "unknown-address", State(go=partial(_at, "/nowhere"), shown="refused")
    yield "not-signed-in", State(go=mode, shown="refused", person=None)
    for kind in ENTITIES:
        yield from both(f"{kind}s", _after(_switch, f"/records/{kind}"), "records")
        yield f"{kind}s-empty", State(go=partial(_at, f"/records/{kind}"), shown="records", is_filled=False)
        yield from both(f"{kind}", _after(_switch, f"/records/{kind}/1"), "record")
    yield from both("unknown-record", partial(_at, "/records/lead/999"), "refused")
    yield "leads-with-damage", State(go=_after(_unreadable, "/records/lead"), shown="records")
    yield "switches", State(go=_after(_to_classic, "/switches"), shown="switches")
    yield "switches-empty", State(go=partial(_at, "/switches"), shown="switches")
    yield "switches-refused", State(go=_after(_switch, "/switches"), shown="refused", person=reader)
    yield "switch", State(go=_after(_switch, "/switches/2"), shown="switch")
    yield "switch-cancelled", State(go=_after(_cancel, "/switches/2"), shown="switch")


#: By name.
STATES = dict(_states())


def reach(name: str, scene: Scene, tab: Page, page: str) -> None:
    """Bring a tab into a state, in a CRM without records."""
    wanted = STATES[name]
    if wanted.is_filled:
        fill(scene)
    wanted.go(scene, tab, page)
    state(tab, wanted.shown)
