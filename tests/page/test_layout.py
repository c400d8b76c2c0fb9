"""The page stands narrow screens, long words, big numbers, other scripts, and somebody who wants no motion."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.needed import need_module

need_module("playwright")

from attrs import evolve
from playwright.sync_api import expect

from crmcore.domain.model.values import Money
from tests.page.accessibility import check_place, focus_order
from tests.page.chromium import NARROWEST, WIDE, Window
from tests.page.conftest import PAGES
from tests.page.scene import Scene
from tests.page.states import LONG, MARKUP, RIGHT_TO_LEFT, STATES, fill, reach

pytestmark = pytest.mark.slow  # a browser

MakeScene = Callable[..., Scene]

#: States with all that a page can hold: forms, tables, long titles, and messages.
CROWDED = ("options", "preview", "preview-with-damage", "switching", "blocked", "cancelled", "leads", "lead", "switch")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", CROWDED)
def test_nothing_is_lost_where_it_is_narrow(name: str, page: str, scene: MakeScene) -> None:
    """From 320 pixels, which is also a desk at 400 %, up to where tables have columns, nothing lies outside."""
    here = scene(language="it")
    tab = here.enter(person=STATES[name].person)
    reach(name, here, tab, page)
    for width in (NARROWEST.width, 600, 769, 900):
        tab.set_viewport_size(Window(width).size)
        assert check_place(tab) == []


@pytest.mark.rule("PAGE-8")
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", ["options", "preview", "switching", "leads"])
def test_the_focus_goes_the_way_of_the_document(name: str, page: str, scene: MakeScene) -> None:
    """Each stop of the Tab key comes later on the page than the one before; the first leads past the navigation."""
    here = scene()
    tab = here.enter()
    reach(name, here, tab, page)
    stops = focus_order(tab)
    assert stops == sorted(stops)
    assert len(stops) > 3
    tab.reload()
    tab.keyboard.press("Tab")
    expect(tab.locator(".skip")).to_be_in_viewport()
    tab.keyboard.press("Enter")
    expect(tab.locator("#state")).to_be_focused()


@pytest.mark.rule("PAGE-6")
@pytest.mark.parametrize("page", PAGES)
def test_a_title_is_text(page: str, scene: MakeScene) -> None:
    """Markup is shown and not obeyed, a long word is broken, and another direction does not turn its surroundings."""
    here = scene()
    fill(here)
    tab = here.open(page, "/records/lead")
    for title in (LONG, MARKUP, RIGHT_TO_LEFT):
        expect(tab.get_by_role("link", name=title, exact=True)).to_be_visible()
    assert tab.locator("main b, main script").count() == 0
    turned = tab.get_by_role("link", name=RIGHT_TO_LEFT).locator("bdi")
    assert turned.evaluate("each => getComputedStyle(each).direction") == "rtl"
    assert tab.locator("main").evaluate("each => getComputedStyle(each).direction") == "ltr"


@pytest.mark.parametrize("language,shown", [("it", "10.000.000 EUR"), ("en", "10,000,000 EUR")])
def test_a_big_number_is_grouped(language: str, shown: str, scene: MakeScene) -> None:
    """As the language does it."""
    here = scene(language=language)
    lead = here.p.lead(amount=Money(amount=Decimal(10_000_000), currency="EUR"))
    tab = here.open("web", f"/records/lead/{lead.id}")
    expect(tab.get_by_text(shown, exact=True)).to_be_visible()


def test_nothing_moves_for_somebody_who_wants_no_motion(scene: MakeScene) -> None:
    """Neither animation nor transition is left."""
    here = scene()
    tab = here.enter(evolve(WIDE, still=True))
    reach("switching", here, tab, "web")
    moving = "() => document.getAnimations().filter(each => each.playState === 'running').length"
    assert tab.evaluate(moving) == 0
