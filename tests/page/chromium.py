"""The browser of the machine, one for each process, and the windows that people look through."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from attrs import define, field, frozen
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

__all__ = ["BROWSERS", "HAND", "NARROWEST", "WIDE", "Chromium", "Window", "chromium"]

Scheme = Literal["light", "dark"]

#: Names of the program, the first that is here is taken. The shell without windows shows the same pages with the same
#: engine, and takes half as long.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

#: How long a test waits for the page, in milliseconds; a busy machine is slow, and nothing here waits this long.
PATIENCE = 20_000


@frozen
class Window:
    """What somebody looks through: how wide it is, whether fingers work it, and whether scripts run."""

    width: int
    touch: bool = False
    script: bool = True
    scheme: Scheme = "light"
    still: bool = False

    @property
    def size(self) -> Any:
        """The part of the page that one sees at once."""
        return {"width": self.width, "height": 844 if self.width < 1000 else 800}


#: A desk, a telephone, and the narrowest screen that must do, which is also the desk at 400 %.
WIDE, HAND, NARROWEST = Window(1280), Window(390, touch=True), Window(320)


@define
class Chromium:
    """A running browser.

    Tabs of people with the same hands share a window of the program, which costs a process: servers keep their cookies
    apart. A tab that is given back is used again: a new one costs more than what is shown in it.
    """

    browser: Browser
    _windows: dict[tuple[bool, bool], BrowserContext] = field(factory=dict)
    _free: list[Page] = field(factory=list)

    def tab(self, window: Window) -> Page:
        """A tab in such a window."""
        kind = (window.touch, window.script)
        if kind not in self._windows:
            self._windows[kind] = self._opened(window)
        context = self._windows[kind]
        for tab in self._free:
            if tab.context is context:
                self._free.remove(tab)
                return _shown(tab, window)
        return _shown(context.new_page(), window)

    def stranger(self, window: Window) -> Page:
        """A tab in a window of its own: whoever sits here has no cookie of the others."""
        return _shown(self._opened(window).new_page(), window)

    def give_back(self, tab: Page) -> None:
        """Take a tab that nobody needs any more; one of a stranger is closed with its window."""
        if tab.context not in self._windows.values():
            tab.context.close()
            return
        if tab.locator("script").count():  # it asks its server, or loads itself again
            tab.goto("about:blank")
        self._free.append(tab)

    def _opened(self, window: Window) -> BrowserContext:
        context = self.browser.new_context(
            viewport=window.size, has_touch=window.touch, is_mobile=window.touch, java_script_enabled=window.script
        )
        context.set_default_timeout(PATIENCE)
        return context


def _shown(tab: Page, window: Window) -> Page:
    """The tab as wide as the window, in its colours, and as still."""
    if tab.viewport_size != window.size:
        tab.set_viewport_size(window.size)
    tab.emulate_media(color_scheme=window.scheme, reduced_motion="reduce" if window.still else "no-preference")
    return tab


#: Without a sandbox, which needs rights of the kernel that a container has not; all pages are our own, so that one
#: process may show them all: to start one for each page takes longer than the page. What a page runs ends before it
#: pays to have compiled it well.
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-site-isolation-trials",
    "--renderer-process-limit=1",
    "--js-flags=--no-opt,--no-maglev",
]


@contextmanager
def chromium(path: str) -> Iterator[Chromium]:
    """Start the browser at this path."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        try:
            yield Chromium(browser)
        finally:
            browser.close()
