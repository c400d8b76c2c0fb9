"""What the page refuses before it reads or writes anything, and what every answer forbids."""

import re
import time

import pytest
from attrs import evolve

from crmcore import CrmState, PersonName, PipelineId
from crmcore.adapters.page import mode_page
from crmcore.adapters.page.safety import HOURS, Safety
from crmcore.domain.model.errors import InvalidValue
from crmcore.testing import TestCrm
from tests.unit.adapters.page.site import HOST, Site, state

_CONFIRM = "/mode/simple"


@pytest.mark.rule("PAGE-6.1")
@pytest.mark.parametrize("host", ["evil.example", f"{HOST}.evil.example", f"{HOST}:81", "", "127.0.0.1"])
def test_a_foreign_host_is_refused(host: str) -> None:
    """Another name that leads here is a trick to read the page from a site of that name."""
    with TestCrm.classic() as p:
        p.lead(title="Penguin")
        answer = Site(p).browser().get("/records/lead", headers={"Host": host})
        assert answer.status_code == 403
        assert "Penguin" not in answer.text


@pytest.mark.rule("PAGE-6.2")
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"https://{HOST}.evil.example"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_of_a_foreign_page_is_refused(headers: dict[str, str]) -> None:
    """Even with the right token."""
    with TestCrm.classic() as p:
        p.lead()
        browser = Site(p).browser()
        form = browser.form(browser.get("/mode/preview"), _CONFIRM)
        assert browser.post(_CONFIRM, form, headers=headers).status_code == 403
        assert p.crm.mode() is CrmState.CLASSIC
        assert browser.post(_CONFIRM, form).status_code == 303


@pytest.mark.rule("PAGE-6.3")
def test_a_form_needs_the_token_of_who_sends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """None, a made-up one, that of another person, that of another secret, and one of yesterday are refused alike."""
    with TestCrm.classic() as p:
        p.lead()
        site = Site(p)
        browser = site.browser()
        form = browser.form(browser.get("/mode/preview"), _CONFIRM)
        other = Safety("o" * 32, {HOST}).token(p.administrator)
        for token in ("", "x", form["token"] + "x", site.page._safety.token(p.manager), other):
            answer = browser.post(_CONFIRM, form | {"token": token})
            assert (answer.status_code, state(answer)) == (403, "refused")
        tomorrow = time.time() + HOURS + 1
        monkeypatch.setattr("itsdangerous.timed.time.time", lambda: tomorrow)
        assert browser.post(_CONFIRM, form).status_code == 403
        monkeypatch.undo()
        assert p.crm.mode() is CrmState.CLASSIC
        assert browser.post(_CONFIRM, form).status_code == 303


@pytest.mark.rule("PAGE-6", "PAGE-7")
def test_nobody_sees_anything() -> None:
    """Neither the mode nor a record, nor whether there is one."""
    with TestCrm.classic() as p:
        lead = p.lead(title="Penguin")
        browser = Site(p).browser(None)
        for path in (
            "/mode",
            "/records/lead",
            f"/records/lead/{lead.id}",
            "/records/lead/9",
            "/switches",
            "/mode/progress",
        ):
            answer = browser.get(path)
            assert answer.status_code == 401
            assert "Penguin" not in answer.text


@pytest.mark.rule("PAGE-6", "DATA-2")
@pytest.mark.parametrize(
    "path", ["/mode", "/mode/preview", "/records/lead", "/records/lead/1", "/nowhere", "/mode/progress"]
)
def test_every_answer_forbids_what_is_foreign(path: str) -> None:
    """Scripts, styles, frames, forms and caches; also the answers that say no."""
    with TestCrm.classic() as p:
        p.lead()
        answer = Site(p).browser().get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert not re.search(r"<style|style=|<script>|\son\w+=", answer.text)


@pytest.mark.rule("PAGE-6.4")
def test_what_people_typed_is_text() -> None:
    """Markup in titles, names, stages, pipelines and comments stays what it is."""
    markup = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    with TestCrm.classic() as p:
        lead = p.lead(title=markup, comments=markup, name=PersonName(first=markup), source_description=markup)
        p.activity(lead, subject=markup, description=markup)
        p.crm.define_pipeline(p.administrator, evolve(p.crm.pipelines()[0].record, id=PipelineId(7), name=markup[:50]))
        browser = Site(p).browser()
        for path in (
            "/records/lead",
            f"/records/lead/{lead.id}",
            "/records/activity/1",
            "/mode?choose=simple",
            "/mode/preview",
        ):
            text = browser.get(path).text
            assert "<script>" not in text
            assert "<img" not in text


@pytest.mark.rule("PAGE-6")
@pytest.mark.parametrize(
    "wrong", [{"secret": "short"}, {"secret": 7}, {"hosts": set()}, {"hosts": HOST}, {"hosts": [7]}, {"language": "xx"}]
)
def test_a_page_that_would_not_be_safe_is_not_made(wrong: dict[str, object]) -> None:
    """The error names the argument."""
    with TestCrm.classic() as p:
        options = {"who": lambda environ: None, "secret": "s" * 32, "hosts": {HOST}} | wrong
        with pytest.raises(InvalidValue, match=next(iter(wrong))):
            mode_page(p.crm, **options)  # type: ignore[arg-type]  # on purpose


@pytest.mark.rule("PAGE-6")
@pytest.mark.parametrize("person", [0, -1, "1", 2**63, True])
def test_a_host_that_names_nobody_known_is_told(person: object) -> None:
    """Whoever asks is an id of a user, or nobody."""
    with TestCrm.classic() as p:
        answer = Site(p).browser(person).get()  # type: ignore[arg-type]  # on purpose
        assert (answer.status_code, state(answer)) == (503, "failed")
