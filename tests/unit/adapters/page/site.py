"""A page in this process, and the people who use it: what a browser sends, without a browser."""

import re
from typing import Any

from werkzeug.test import Client, TestResponse

from crmcore import SwitchToken, UserId
from crmcore.adapters.page import ModePage, Run, Work, mode_page
from crmcore.application.pace import Progress
from crmcore.testing import TestCrm

__all__ = ["HOST", "Browser", "Inline", "Site", "state"]

HOST = "crm.example.com"
_ORIGIN = f"https://{HOST}"


class Browser:
    """One person's browser on one of both pages."""

    def __init__(self, page: ModePage, person: UserId | None, base: str) -> None:
        self._client = Client(page)
        self._base = base
        self.person = person

    def get(self, path: str = "/mode", **options: Any) -> TestResponse:
        """Follow a link."""
        return self._client.get(f"{self._base}{path}", **self._with(options))

    def post(self, path: str, form: dict[str, str], **options: Any) -> TestResponse:
        """Send a form."""
        return self._client.post(
            f"{self._base}{path}", data=form, **self._with({"headers": {"Origin": _ORIGIN}} | options)
        )

    def press(self, answer: TestResponse, path: str, **fields: str) -> TestResponse:
        """Press the button of the form on a page that leads to `path`."""
        return self.post(path, self.form(answer, path) | fields)

    def form(self, answer: TestResponse, path: str) -> dict[str, str]:
        """The hidden fields of the form on a page that leads to `path`."""
        found = re.search(rf'<form method="post" action="[^"]*{re.escape(path)}">(.*?)</form>', answer.text, re.DOTALL)
        assert found is not None, f"no form that leads to {path}"
        return dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', found[1]))

    def follow(self, text: str, label: str) -> TestResponse:
        """Follow the link with this label in a part of a page."""
        found = re.search(rf'<a [^>]*href="{self._base}([^"]*)"[^>]*>{re.escape(label)}</a>', text)
        assert found is not None, f"no link {label!r}"
        return self.get(found[1] or "/mode")

    def _with(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"base_url": _ORIGIN, "environ_overrides": {"test.person": self.person}} | options


class Inline:
    """A worker that has done its work before anybody looks; one that `waits` has not begun."""

    progress: Progress | None = None
    failure = None

    def __init__(self, p: TestCrm, token: SwitchToken, *, waits: bool = False) -> None:
        self._going = waits
        if not waits:
            p.crm.run_switch(token)

    def is_going_on(self) -> bool:
        return self._going

    def stop(self) -> None:
        self._going = False


class Site:
    """A CRM with its page, and a worker that is done at once, or waits."""

    def __init__(self, p: TestCrm, *, waits: bool = False, run: Run | None = None, language: str = "en") -> None:
        self.p = p
        self.handed: list[tuple[SwitchToken, int | None]] = []
        self._waits = waits
        self.page = mode_page(
            p.crm,
            who=lambda environ: environ["test.person"],
            secret="s" * 32,
            hosts={HOST},
            run=run or self._run,
            language=language,
        )

    def _run(self, token: SwitchToken, pace: int | None) -> Work:
        self.handed.append((token, pace))
        return Inline(self.p, token, waits=self._waits)

    def browser(self, person: UserId | None = TestCrm.administrator, *, app: bool = False) -> Browser:
        """A browser of a person, of the administrator unless told otherwise."""
        return Browser(self.page, person, "/m/crm" if app else "/crm")


def state(answer: TestResponse) -> str:
    """The state that a page says it shows."""
    found = re.search(r'<main id="state" data-state="([^"]*)"', answer.text)
    assert found is not None
    return found[1]
