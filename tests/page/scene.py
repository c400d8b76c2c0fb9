"""A CRM whose page is on a server, and people who look at it in a browser."""

from collections import Counter
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any, Self

from playwright.sync_api import Locator, Page, expect

from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.page import serve
from crmcore.adapters.words import language as language_of
from crmcore.application.crm import Crm
from crmcore.domain.model.ids import UserId
from crmcore.domain.model.image import CrmImage
from crmcore.ports.store import Store
from crmcore.testing import TestCrm
from tests.page.chromium import WIDE, Chromium, Window
from tests.sql.servers import new_sqlite_store

__all__ = ["BASES", "Scene", "state"]

#: The two addresses of the page.
BASES = {"web": "/crm", "app": "/m/crm"}

BOSS = TestCrm.administrator


class Scene(AbstractContextManager["Scene"]):
    """A CRM in Classic mode with its server; `file` puts it on SQLite.

    `words` are those of the page. At the end no switch of this process works any more, the laws hold, and each lead
    that was noted is converted once.
    """

    def __init__(self, browser: Chromium, *, language: str = "en", file: Path | None = None) -> None:
        def make_store(image: CrmImage) -> Store:
            return InMemoryStore(image) if file is None else new_sqlite_store(file, image)

        self.browser = browser
        self.words = language_of(language)
        self.p = TestCrm.classic(make_store=make_store)
        # By the clock of the machine, so that the page has a speed to tell of.
        self.crm = Crm(store=self.p.trouble, permissions=self.p.roles, plan=self.p.plan, clock=SystemClock())
        self.server = serve(self.crm, language=language)
        self._gates: list[Event] = []
        self._tabs: list[Page] = []
        self._people: list[UserId | None] = []
        self._is_served = True

    def url(self, page: str, path: str = "/mode") -> str:
        """The address of a part of one of the two pages."""
        return f"{self.server.url}{BASES[page]}{path}"

    def open(
        self,
        page: str = "web",
        path: str = "/mode",
        *,
        window: Window = WIDE,
        person: UserId | None = TestCrm.administrator,
    ) -> Page:
        """A tab in which a person sees a part of the page."""
        tab = self.enter(window, person)
        tab.goto(self.url(page, path))
        return tab

    def enter(self, window: Window = WIDE, person: UserId | None = BOSS) -> Page:
        """A tab of a person who has been let in; only the first person shares windows with other scenes."""
        self._people.append(person)
        tab = self.browser.tab(window) if person == self._people[0] else self.browser.stranger(window)
        self._tabs.append(tab)
        if person is not None:
            assert tab.context.request.get(self.server.link(person), max_redirects=0).status == 303
        return tab

    def hold(self, commits: int = 1) -> Event:
        """Make the commit after so many from now on wait until the event that is returned is set."""
        gate = Event()
        self._gates.append(gate)
        self.p.trouble.overtake(gate.wait, number=commits + 1)
        return gate

    def stop(self) -> None:
        """Stop the server, as its end does."""
        for gate in self._gates:
            gate.set()
        if self._is_served:
            self._is_served = False
            self.server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            for tab in self._tabs:
                self.browser.give_back(tab)
            self.stop()
            if kind is None:
                self.p.trouble.heal()
                self.p.check()
        finally:
            self.p.close()

    def check_converted(self, count: int) -> None:
        """The audit is clean, and so many leads became a deal each, once."""
        assert not self.p.crm.audit(self.p.administrator)
        image = self.p.image()
        made = Counter(deal.lead_id for deal in image.deals.values() if deal.lead_id is not None)
        assert made == dict.fromkeys(image.leads, 1)
        assert len(made) == count

    def begun(self, page: str, width: int, leads: int) -> tuple[Page, Event]:
        """A switch of so many leads after its first hundred, and what holds the rest."""
        self.p.leads(leads)
        tab = self.open(page, "/mode/preview", window=Window(width))
        gate = self.hold(2)
        self.button(tab, "confirm").click()
        state(tab, "switching")
        expect(tab.locator("progress")).to_have_attribute("value", "100")
        return tab, gate

    def button(self, tab: Page, name: str) -> Locator:
        """The button or link that the page calls by this name of its words."""
        label: Any = getattr(self.words.buttons, name)
        return tab.locator(".button", has_text=label).filter(visible=True).first


def state(tab: Page, name: str) -> Locator:
    """The content of the page once it is in this state, with its style sheet, and with its script at work."""
    found = tab.locator(f"#state[data-state={name}]")
    found.wait_for()
    tab.wait_for_load_state()
    return found
