"""How somebody works the page: with a mouse, by keyboard alone, or with a finger."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page

__all__ = ["HANDS", "Hand", "fill_options", "numbers"]

#: Presses a button, follows a link, or ticks a box.
Hand = Callable[[Page, Locator], None]

#: More stops than any page has.
_STOPS = 80


def _with_mouse(tab: Page, target: Locator) -> None:
    target.click()


def _with_finger(tab: Page, target: Locator) -> None:
    target.tap()


def _with_keys(tab: Page, target: Locator) -> None:
    """Go to it with Tab, and press what works it."""
    for _ in range(_STOPS):
        tab.keyboard.press("Tab")
        if target.evaluate("each => each === document.activeElement"):
            break
        if target.get_attribute("type") == "radio" and tab.locator("input[type=radio]:focus").count():
            _choose(tab, target)
            break
    else:
        raise AssertionError("the keyboard does not get there")
    if target.get_attribute("type") == "checkbox":
        tab.keyboard.press("Space")
    elif target.get_attribute("type") != "radio":
        tab.keyboard.press("Enter")


def _choose(tab: Page, target: Locator) -> None:
    """Among radio buttons, the arrows choose."""
    for _ in range(tab.locator("input[type=radio]").count()):
        if target.is_checked():
            return
        tab.keyboard.press("ArrowDown")


HANDS: dict[str, Hand] = {"mouse": _with_mouse, "keys": _with_keys, "finger": _with_finger}


def fill_options(tab: Page, hand: Hand, order: tuple[str, ...] = ("client", "keep")) -> None:
    """Ask for both clients, and for no open activities."""
    wanted = {"client": tab.locator("input[name=client][value=both]"), "keep": tab.locator("input[name=keep]")}
    for name in order:
        hand(tab, wanted[name])
    assert wanted["client"].is_checked()
    assert not wanted["keep"].is_checked()


def numbers(tab: Page) -> dict[str, str]:
    """The numbers that the page shows, by their names."""
    rows = tab.locator("dl.numbers > div")
    names, values = rows.locator("dt").all_inner_texts(), rows.locator("dd").all_inner_texts()
    return dict(zip(names, values, strict=True))
