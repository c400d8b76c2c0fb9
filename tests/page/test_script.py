"""What the script of the page does, and what it leaves alone."""

from collections.abc import Callable

import pytest

from tests.needed import need_module

need_module("playwright")

from playwright.sync_api import Route, expect

from tests.page.scene import Scene, state

pytestmark = pytest.mark.slow  # a browser

#: Notes whatever moves on the page outside of the numbers, what is told of them, and whether they are lost.
_WATCH = """() => {
  window.moved = [];
  const isNumber = (each) => (each.closest ? each : each.parentElement).closest("#live, #told, #gone");
  const note = (seen) => moved.push(...seen.map((each) => each.target).filter((each) => !isNumber(each)).map(String));
  const all = { attributes: true, characterData: true, childList: true, subtree: true };
  new MutationObserver(note).observe(document, all);
}"""


@pytest.mark.rule("PAGE-8.2")
def test_a_script_only_refreshes_the_numbers(scene: Callable[..., Scene]) -> None:
    """It asks for the numbers and nothing else, moves nothing but them, and where no switch goes on there is none."""
    here = scene()
    tab, gate = here.begun("web", 1280, 500)
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


def test_a_state_is_there_once_the_script_is(scene: Callable[..., Scene]) -> None:
    """A test that stops a server does not stop it before the page has its script, however late that comes."""
    here = scene()
    here.p.leads(200)
    tab = here.open(path="/mode/preview")

    def delay(route: Route) -> None:
        tab.wait_for_timeout(300)
        route.continue_()

    tab.route("**/page.js", delay, times=1)
    here.hold(2)
    here.button(tab, "confirm").click()
    state(tab, "switching")
    here.stop()
    expect(tab.locator("#gone")).to_be_visible()
