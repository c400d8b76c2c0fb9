"""What keeps somebody from using the page: what axe finds, and what it does not look for."""

from collections.abc import Sequence
from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Page

__all__ = ["check_place", "focus_order", "violations"]

#: `axe.run` gives back what it found good as well, which takes longer to send than to find.
_RUN = """async only => {
    const options = { resultTypes: ["violations"], ...(only.length ? { runOnly: only } : {}) };
    const found = await axe.run(document, options);
    return found.violations.map(each => [each.id, each.nodes.map(node => node.html.slice(0, 200))]);
}"""

_PLACE = """() => {
    const found = [];
    const told = (what, element) => found.push([what, (element?.outerHTML ?? "").slice(0, 200)]);
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    if (wide > 0) told(`wider than the window by ${wide}`, document.body);

    const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map(each => Number(each.tagName[1]));
    if (levels.filter(each => each === 1).length !== 1 || levels[0] !== 1) told("no single first heading");
    for (const [place, each] of levels.entries())
        if (place && each > levels[place - 1] + 1) told(`heading ${each} after ${levels[place - 1]}`);

    const seen = [...document.querySelectorAll("a, button, input, select, summary, [tabindex]")]
        .filter(each => each.checkVisibility() && each.type !== "hidden" && !each.closest("[hidden]"));
    for (const each of seen) {
        if (each.tabIndex > 0) told("focus out of order", each);
        const target = each.closest("label") ?? each;
        const { width, height } = target.getBoundingClientRect();
        const isTarget = each.matches("button, input, select, summary, .button, nav a, .brand a");
        const isSmall = Math.min(width, height) < 44;
        if (isTarget && isSmall) told(`target of ${Math.round(width)} x ${Math.round(height)}`, each);
    }
    return found;
}"""


def violations(tab: Page, only: Sequence[str] = ()) -> list[Any]:
    """What axe finds with all of its rules, or with some."""
    if not tab.evaluate("() => 'axe' in window"):
        script = Axe().axe_script
        tab.add_init_script(script)  # for the next documents of the tab: to send it takes longer than to run it
        tab.evaluate(script)
    found: list[Any] = tab.evaluate(_RUN, list(only))
    return found


def check_place(tab: Page) -> list[Any]:
    """What lies beside the window, is too small to hit, or stands in an order that is not that of the page."""
    found: list[Any] = tab.evaluate(_PLACE)
    return found


def focus_order(tab: Page) -> list[int]:
    """The places in the document of what the Tab key stops at, in the order of its stops."""
    place = "() => [...document.querySelectorAll('body *')].indexOf(document.activeElement)"
    stops: list[int] = []
    while len(stops) < 200:
        tab.keyboard.press("Tab")
        stop = int(tab.evaluate(place))
        if stop < 0 or stop in stops:
            break
        stops.append(stop)
    return stops
