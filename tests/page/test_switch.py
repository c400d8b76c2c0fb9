"""A switch in a real browser, from the mode to the outcome, at both addresses, at a desk and in the hand."""

from collections.abc import Callable

import pytest

from tests.needed import need_module

need_module("playwright")

from playwright.sync_api import Page, expect

from crmcore.adapters.roles import ADMINISTRATOR
from crmcore.domain.model.ids import UserId
from crmcore.domain.model.outcomes import Reason
from tests.page.chromium import Window
from tests.page.conftest import PLACES, USUAL
from tests.page.hands import HANDS, Hand, fill_options, numbers
from tests.page.scene import Scene, state
from tests.page.states import fill

pytestmark = pytest.mark.slow  # a browser

LEADS = 500

everywhere = pytest.mark.parametrize("page,width", PLACES)
MakeScene = Callable[..., Scene]

#: Notes whatever moves on the page outside of the numbers, what is told of them, and whether they are lost.
_WATCH = """() => {
  window.moved = [];
  const isNumber = (each) => (each.closest ? each : each.parentElement).closest("#live, #told, #gone");
  const note = (seen) => moved.push(...seen.map((each) => each.target).filter((each) => !isNumber(each)).map(String));
  const all = { attributes: true, characterData: true, childList: true, subtree: true };
  new MutationObserver(note).observe(document, all);
}"""


def _preview(scene: Scene, tab: Page, hand: Hand) -> None:
    """From the mode to the plan."""
    hand(tab, scene.button(tab, "choose_simple"))
    tab.locator("#options").wait_for()
    fill_options(tab, hand)
    hand(tab, scene.button(tab, "preview"))
    state(tab, "preview")


@everywhere
@pytest.mark.rule("SWITCH-1", "POLICY-5", "PAGE-3")
def test_the_preview_equals_the_outcome(page: str, width: int, scene: MakeScene) -> None:
    """Each number of the plan is one of the outcome, and each lead has one deal."""
    here = scene()
    fill(here)
    tab = here.open(page, window=Window(width))
    _preview(here, tab, HANDS["mouse"])
    planned = numbers(tab)
    here.button(tab, "confirm").click()
    state(tab, "simple")
    made = numbers(tab)
    totals = here.words.totals
    made[totals["deals"]] = made[totals["converted"]]
    assert planned == {name: made[name] for name in planned}
    assert planned[totals["deals"]] == "5"
    assert planned[totals["completed"]] == "2"
    here.check_converted(5)


@pytest.mark.rule("PAGE-8")
@pytest.mark.parametrize("page,width", USUAL)
@pytest.mark.parametrize("way", ["keys", "finger", "mouse without script"])
def test_a_switch_of_many_leads(way: str, page: str, width: int, scene: MakeScene) -> None:
    """Somebody chooses, looks, confirms and watches, in any way that people work a page."""
    here = scene()
    here.p.leads(LEADS, activities=1)
    name, _, less = way.partition(" ")
    hand = HANDS[name]
    tab = here.open(page, window=Window(width, touch=name == "finger", script=not less))
    _preview(here, tab, hand)
    gate = here.hold(2)
    hand(tab, here.button(tab, "confirm"))
    state(tab, "switching")
    expect(tab.locator("#bar-text")).to_have_text(here.words.switching.progress(n=LEADS, done="100"))
    expect(tab.locator("progress")).to_have_attribute("value", "100")
    gate.set()
    state(tab, "simple")
    expect(tab.locator("[data-last=switched]")).to_be_visible()
    assert numbers(tab)[here.words.totals["converted"]] == "500"
    here.check_converted(LEADS)


@pytest.mark.rule("PAGE-4")
@everywhere
def test_a_reload_in_the_middle_changes_nothing(page: str, width: int, scene: MakeScene) -> None:
    """The page is sent for with GET after each step, so the browser asks nothing and repeats nothing."""
    here = scene()
    tab, gate = here.begun(page, width, LEADS)
    tab.reload()
    state(tab, "switching")
    assert len(here.p.image().switches) == 1
    gate.set()
    state(tab, "simple")
    here.check_converted(LEADS)


@everywhere
@pytest.mark.rule("SWITCH-10", "PAGE-4")
def test_a_form_that_comes_again_joins_the_same_switch(page: str, width: int, scene: MakeScene) -> None:
    """A double click, the way back, and the same form by hand: one switch."""
    here = scene()
    here.p.leads(LEADS)
    tab = here.open(page, "/mode/preview", window=Window(width))
    fields = {str(each.get_attribute("name")): each.input_value() for each in tab.locator("form input").all()}
    gate = here.hold(2)
    here.button(tab, "confirm").dblclick()
    state(tab, "switching")
    again = tab.context.request.post(here.url(page, "/mode/simple"), form={**fields})
    assert again.ok
    gate.set()
    state(tab, "simple")
    tab.go_back()  # nothing is kept in the browser: the plan is asked for again, and there is none any more
    state(tab, "simple")
    assert len(here.p.image().switches) == 1
    here.check_converted(LEADS)


@everywhere
@pytest.mark.rule("SWITCH-8")
def test_a_switch_is_cancelled_in_another_tab(page: str, width: int, scene: MakeScene) -> None:
    """Who watches is shown the end; what was converted stays converted, and a later switch converts the others."""
    here = scene()
    tab, gate = here.begun(page, width, LEADS)
    other = here.open(page, window=Window(width))
    here.button(other, "cancel").click()
    state(other, "cancel")
    here.button(other, "confirm_cancel").click()
    for each in (other, tab):
        state(each, "classic")
        expect(each.locator("[data-last=cancelled]")).to_be_visible()
    gate.set()
    assert len(here.p.image().deals) == 100
    tab.goto(here.url(page, "/mode/preview"))
    here.button(tab, "confirm").click()
    state(tab, "simple")
    here.check_converted(LEADS)


@everywhere
@pytest.mark.rule("SWITCH-10", "PAGE-3")
def test_of_two_administrators_the_second_is_told(page: str, width: int, scene: MakeScene) -> None:
    """Each has a plan with other options; the first one that is confirmed is the one that is carried out."""
    here = scene()
    here.p.leads(LEADS)
    colleague = UserId(4)
    here.p.roles.grant(colleague, ADMINISTRATOR)
    first = here.open(page, "/mode/preview?asked=1&client=company", window=Window(width))
    second = here.open(page, "/mode/preview?asked=1&client=both", window=Window(width), person=colleague)
    gate = here.hold(2)
    here.button(first, "confirm").click()
    state(first, "switching")
    here.button(second, "confirm").click()
    state(second, "refused")
    expect(second.get_by_role("alert")).to_contain_text(here.words.refusals[Reason.SWITCH_IN_PROGRESS])
    expect(second.get_by_role("alert")).to_be_focused()
    gate.set()
    state(first, "simple")
    assert not here.p.image().contacts
    here.check_converted(LEADS)


@everywhere
@pytest.mark.rule("PERM-3", "PAGE-2")
def test_a_manager_is_refused(page: str, width: int, scene: MakeScene) -> None:
    """There is nothing to press; a request that is made by hand, and a form from before, are refused."""
    here = scene()
    here.p.leads(3)
    tab = here.open(page, window=Window(width), person=here.p.manager)
    expect(tab.locator("main button, main .button")).to_have_count(0)
    expect(tab.get_by_text(here.words.whole.who_can_help)).to_be_visible()
    before = here.p.image()
    for step in ("simple", "classic", "continue", "retry", "stop", "cancel"):
        assert tab.context.request.post(here.url(page, f"/mode/{step}"), form={"key": "mine"}).status == 403
    assert tab.context.request.get(here.url(page, "/mode/preview")).status == 403
    assert tab.context.request.get(here.url(page, "/mode/cancel")).status == 403

    colleague = UserId(4)
    here.p.roles.grant(colleague, ADMINISTRATOR)
    open_form = here.open(page, "/mode/preview", window=Window(width), person=colleague)
    here.p.roles.revoke(colleague)
    here.button(open_form, "confirm").click()
    state(open_form, "refused")
    expect(open_form.get_by_role("alert")).to_contain_text(here.words.refusals[Reason.NOT_PERMITTED])
    assert here.p.image() == before


@pytest.mark.rule("PAGE-8.2")
def test_a_script_only_refreshes_the_numbers(scene: MakeScene) -> None:
    """It asks for the numbers and nothing else, moves nothing but them, and where no switch goes on there is none."""
    here = scene()
    tab, gate = here.begun("web", 1280, LEADS)
    sent: list[tuple[str, str]] = []
    tab.on("request", lambda request: sent.append((request.method, request.url)))
    tab.evaluate(_WATCH)
    for _ in range(2):
        with tab.expect_response(here.url("web", "/mode/progress")):
            pass
    assert set(sent) == {("GET", here.url("web", "/mode/progress"))}
    assert tab.evaluate("window.moved") == []
    gate.set()
    state(tab, "simple")
    for path in ("/mode", "/mode?choose=classic", "/records/lead", "/switches"):
        tab.goto(here.url("web", path))
        expect(tab.locator("script")).to_have_count(0)
