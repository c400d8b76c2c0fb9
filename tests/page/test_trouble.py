"""A switch in a real browser while something breaks: the server, the database, a lead, the plan."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.needed import need_module

need_module("playwright")

from playwright.sync_api import Page, Route, expect

from crmcore.adapters.roles import ADMINISTRATOR
from crmcore.adapters.sql import create_portal, open_store
from crmcore.domain.model.ids import LeadId
from crmcore.domain.model.outcomes import Reason
from crmcore.testing import TestCrm
from tests.building import there
from tests.page.chromium import WIDE, Chromium, Window
from tests.page.conftest import PLACES, USUAL
from tests.page.scene import BASES, Scene, state
from tests.script import SCRIPT

pytestmark = pytest.mark.slow  # a browser

LEADS = 500

everywhere = pytest.mark.parametrize("page,width", PLACES)
where_usual = pytest.mark.parametrize("page,width", USUAL)
MakeScene = Callable[..., Scene]


@everywhere
@pytest.mark.rule("SWITCH-9")
def test_a_lead_that_cannot_be_written_is_edited_and_tried_again(page: str, width: int, scene: MakeScene) -> None:
    """The page names it, leads to it, and ends the switch once it is mended."""
    here = scene()
    here.p.leads(20)
    here.p.trouble.unconvertible.add(LeadId(7))
    tab = here.open(page, "/mode/preview", window=Window(width))
    here.button(tab, "confirm").click()
    with tab.expect_navigation():
        here.button(tab, "retry").click()
    state(tab, "blocked")
    tab.get_by_role("link", name="Lead 7").click()
    state(tab, "record")
    here.p.trouble.heal()
    here.p.as_manager.edit_lead(LeadId(7), here.p.as_manager.lead(LeadId(7)).version, title="Mended")
    tab.goto(here.url(page))
    state(tab, "stopped")
    here.button(tab, "continue_switch").click()
    state(tab, "simple")
    assert "Mended" in {deal.title for deal in there(here.p.image().deals).values()}
    here.check_converted(20)


@everywhere
@pytest.mark.rule("SWITCH-9")
def test_a_lead_that_cannot_be_read_is_repaired(page: str, width: int, scene: MakeScene, sqlite_file: Path) -> None:
    """The plan counts it, the page names it by its id alone, and the switch ends once it can be read."""
    here = scene(file=sqlite_file)
    here.p.leads(20)
    _write(sqlite_file, "UPDATE crm_lead SET currency = 'EURO' WHERE id = 7")
    tab = here.open(page, "/mode/preview", window=Window(width))
    expect(tab.get_by_text(here.words.plan.left_aside(n=1))).to_be_visible()
    here.button(tab, "confirm").click()
    blocked = state(tab, "blocked")
    expect(blocked.get_by_text("Lead 7")).to_be_visible()
    expect(blocked.get_by_text(here.words.blocked.what_to_do)).to_be_visible()
    expect(blocked.get_by_role("link", name="Lead 7")).to_have_count(0)
    expect(blocked.locator("progress")).to_have_attribute("value", "19")
    _write(sqlite_file, "UPDATE crm_lead SET currency = 'EUR' WHERE id = 7")
    here.button(tab, "retry").click()
    state(tab, "simple")
    here.check_converted(20)


def _write(file: Path, statement: str) -> None:
    """What a client of the database does that checks nothing."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(statement)


@everywhere
@pytest.mark.rule("PLAN-1", "SWITCH-8")
def test_the_plan_is_taken_away_in_the_middle(page: str, width: int, scene: MakeScene) -> None:
    """The switch cannot be cancelled any more, and ends in Simple, where Classic says why it cannot be chosen."""
    here = scene()
    tab, gate = here.begun(page, width, LEADS)
    here.p.plan.classic = False
    here.button(tab, "cancel").click()
    here.button(tab, "confirm_cancel").click()
    state(tab, "refused")
    expect(tab.get_by_role("alert")).to_contain_text(here.words.refusals[Reason.PLAN_WITHOUT_CLASSIC])
    tab.goto(here.url(page))
    state(tab, "switching")
    gate.set()
    state(tab, "simple")
    expect(tab.locator("[data-why=plan]")).to_be_visible()
    here.check_converted(LEADS)


@where_usual
@pytest.mark.rule("SWITCH-5", "PAGE-5")
def test_the_database_goes_and_comes_back(page: str, width: int, scene: MakeScene, sqlite_file: Path) -> None:
    """The page says so, also to whoever opens it now, and goes on by itself with the work."""
    here = scene(file=sqlite_file)
    tab, gate = here.begun(page, width, LEADS)
    gone = [(file, file.with_name(f"away-{file.name}")) for file in sqlite_file.parent.glob("crm.db*")]
    for file, away in gone:
        file.rename(away)
    gate.set()
    expect(tab.locator("#gone")).to_be_visible()
    other = here.open(page, window=Window(width))
    state(other, "failed")
    for file, away in gone:
        away.rename(file)
    state(tab, "simple")
    state(other, "simple")
    here.check_converted(LEADS)


@where_usual
@pytest.mark.rule("SWITCH-5", "PAGE-5")
def test_the_work_is_stopped_and_continued(page: str, width: int, scene: MakeScene) -> None:
    """Whoever holds the work to a pace can stop it; the switch stays live, and says how far it is."""
    here = scene()
    here.p.leads(50)
    tab = here.open(page, "/mode?choose=simple", window=Window(width))
    tab.locator("input[name=pace]").fill("5")
    here.button(tab, "preview").click()
    here.button(tab, "confirm").click()
    here.button(tab, "stop_work").click()
    state(tab, "stopped")
    assert len(here.p.image().deals) < 50
    here.button(tab, "continue_switch").click()
    state(tab, "simple")
    here.check_converted(50)


def test_a_state_is_there_once_the_script_is(scene: MakeScene) -> None:
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


@contextmanager
def _served(file: Path) -> Iterator[tuple["subprocess.Popen[str]", str, str]]:
    """A server as people start it, in a process of its own: its address, and the link of the administrator."""
    words = ("serve", "--store", str(file), "--language", "en", "--json")
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, *words], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        told, decoder = "", json.JSONDecoder()
        while True:
            told += process.stdout.readline()
            try:
                document, _ = decoder.raw_decode(told)
            except ValueError:
                assert process.poll() is None, told
                continue
            yield process, document["url"], document["links"][0]["url"]
            return
    finally:
        process.kill()
        process.communicate()


@contextmanager
def _switching(tab: Page, page: str, file: Path) -> Iterator[subprocess.Popen[str]]:
    """A server of a CRM whose switch was begun in this tab, and has converted its first leads."""
    p = TestCrm.classic()
    p.leads(LEADS, activities=1)
    create_portal(f"sqlite:///{file}", image=p.image(), roles={p.administrator: (ADMINISTRATOR,)}).close()
    with _served(file) as (process, url, link):
        tab.goto(link)
        tab.goto(f"{url}{BASES[page]}/mode/preview?pace=50")
        tab.get_by_role("button", name="Change now").click()
        state(tab, "switching")
        expect(tab.locator("#bar-text")).to_have_text(re.compile("[1-9][0-9]* of 500"))
        yield process


@pytest.mark.rule("PAGE-5.7")
def test_a_server_that_leaves_a_request_open_is_gone_until_it_answers(browser: Chromium, sqlite_file: Path) -> None:
    """The open page waits for an answer ten seconds, and not for ever."""
    tab = browser.tab(WIDE)
    with _switching(tab, "web", sqlite_file) as process:
        os.kill(process.pid, signal.SIGSTOP)
        expect(tab.locator("#gone")).to_be_visible()
        os.kill(process.pid, signal.SIGCONT)
        expect(tab.locator("#gone")).to_be_hidden()
    browser.give_back(tab)
    with TestCrm(open_store(f"sqlite:///{sqlite_file}")) as after:
        assert after.crm.audit(after.administrator) == ()


@where_usual
@pytest.mark.rule("SWITCH-5", "SWITCH-1", "PAGE-5")
def test_a_server_is_killed_and_another_goes_on(page: str, width: int, browser: Chromium, sqlite_file: Path) -> None:
    """The open page says that the server is gone; the next server offers to continue, and does nothing by itself."""
    tab = browser.tab(Window(width))
    with _switching(tab, page, sqlite_file) as process:
        os.kill(process.pid, signal.SIGKILL)
        expect(tab.locator("#gone")).to_be_visible()
    with _served(sqlite_file) as (_, url, link):
        tab.goto(link)
        tab.goto(f"{url}{BASES[page]}/mode")
        state(tab, "stopped")
        tab.get_by_role("button", name="Continue").click()
        state(tab, "simple")
    browser.give_back(tab)
    with TestCrm(open_store(f"sqlite:///{sqlite_file}")) as after:
        assert after.crm.audit(after.administrator) == ()
        made = [deal.lead_id for deal in there(after.image().deals).values()]
        assert sorted(filter(None, made)) == list(range(1, LEADS + 1))
