"""The page from state to state, as the requests of a browser see it."""

import re
from html import unescape

import pytest
from attrs import evolve
from werkzeug.test import TestResponse

from crmcore import (
    ClientChoice,
    CrmState,
    ModeSwitchPolicy,
    Page,
    PipelineId,
    Preview,
    Reason,
    StageCode,
    SwitchReport,
    SwitchToken,
)
from crmcore.adapters.page.work import ThreadWork, Work
from crmcore.adapters.words import language
from crmcore.application.pace import Progress
from crmcore.domain.model.policy import OptionPage
from crmcore.testing import TestCrm
from tests.unit.adapters.page.site import Browser, Inline, Site, state


def _preview(browser: Browser, **options: str) -> str:
    asked = "&".join(f"{name}={value}" for name, value in {"asked": "1", "client": "contact", **options}.items())
    return f"/mode/preview?{asked}"


def _pace_offered(answer: TestResponse) -> str:
    found = re.search(r'<input id="pace" [^>]*value="([^"]*)">', answer.text)
    assert found is not None
    return found[1]


@pytest.mark.rule("PAGE-3", "SWITCH-12")
@pytest.mark.parametrize("app", [False, True])
def test_what_is_confirmed_is_what_was_shown(app: bool) -> None:
    """The options of the form reach the switch, and its numbers are those of the preview."""
    with TestCrm.classic() as p:
        p.leads(3, activities=1)
        browser = Site(p).browser(app=app)
        shown = browser.get(_preview(browser, client="both"))
        assert state(shown) == "preview"
        planned = p.crm.preview_switch(
            p.administrator, ModeSwitchPolicy(client=ClientChoice.BOTH, keep_activities=False)
        )
        assert isinstance(planned, Preview)
        answer = browser.press(shown, "/mode/simple")
        assert (answer.status_code, answer.location) == (303, "/m/crm/mode" if app else "/crm/mode")
        last = p.crm.last_switch(p.administrator)
        assert isinstance(last, SwitchReport)
        assert last.terms is not None
        assert (last.terms.client, last.terms.keep_activities) == (ClientChoice.BOTH, False)
        assert planned.totals.converted == last.totals.converted == 3
        assert state(browser.get()) == "simple"


@pytest.mark.rule("PAGE-3.2")
def test_a_plan_that_moved_is_shown_again() -> None:
    """Nothing is begun; the new plan can be confirmed."""
    with TestCrm.classic() as p:
        p.lead()
        browser = Site(p).browser()
        old = browser.get(_preview(browser))
        p.lead(title="Came in between")
        moved = browser.press(old, "/mode/simple")
        assert (moved.status_code, state(moved)) == (409, "preview")
        assert p.crm.mode() is CrmState.CLASSIC
        assert "Came in between" in moved.text
        assert browser.press(moved, "/mode/simple").status_code == 303
        assert p.crm.mode() is CrmState.SIMPLE


@pytest.mark.rule("PAGE-4", "SWITCH-10", "PAGE-5.2")
def test_a_form_that_is_sent_twice_begins_one_switch() -> None:
    """The second time joins the first, also when that has ended."""
    with TestCrm.classic() as p:
        p.leads(2)
        site = Site(p, waits=True)
        browser = site.browser()
        shown = browser.get(_preview(browser))
        assert [browser.press(shown, "/mode/simple").status_code for _ in range(2)] == [303, 303]
        p.crm.run_switch(site.handed[0][0])
        assert browser.press(shown, "/mode/simple").status_code == 303
        switches = p.crm.switch_page(p.administrator)
        assert isinstance(switches, Page)
        assert len(switches.records) == 1
        assert len(site.handed) == 1


@pytest.mark.rule("PAGE-3.1")
@pytest.mark.parametrize("plan", [{}, {"plan": ""}, {"plan": "0" * 64}])
def test_a_switch_that_nobody_was_shown_does_not_begin(plan: dict[str, str]) -> None:
    """A form without the plan that was shown gets that plan, to be confirmed."""
    with TestCrm.classic() as p:
        p.lead()
        site = Site(p, waits=True)
        browser = site.browser()
        form = browser.form(browser.get(_preview(browser)), "/mode/simple")
        form = {name: value for name, value in form.items() if name != "plan"} | plan
        told = browser.post("/mode/simple", form)
        assert (told.status_code, state(told), site.handed) == (409, "preview", [])


@pytest.mark.rule("PAGE-3", "SWITCH-10")
def test_the_second_of_two_administrators_is_told() -> None:
    """Another policy is another switch, and one is live."""
    with TestCrm.classic() as p:
        p.leads(2)
        first = Site(p, waits=True).browser()
        mine, theirs = (first.get(_preview(first, client=client)) for client in ("contact", "company"))
        assert first.press(mine, "/mode/simple").status_code == 303
        told = first.press(theirs, "/mode/simple")
        assert (told.status_code, state(told)) == (409, "refused")
        p.crm.cancel_switch(p.administrator)


@pytest.mark.rule("PAGE-2", "PERM-1")
@pytest.mark.parametrize("mode", ["classic", "simple", "switching"])
def test_who_may_not_change_settings_is_offered_nothing(mode: str) -> None:
    """The mode and who can help, and no form: neither for a manager nor for a stranger."""
    with TestCrm.simple() if mode == "simple" else TestCrm.classic() as p:
        site = Site(p)
        if mode == "switching":
            p.lead()
            p.crm.begin_switch(p.administrator, key="2026")
        for person in (p.manager, p.stranger):
            answer = site.browser(person).get()
            assert (answer.status_code, state(answer)) == (200, mode)
            assert language("en").whole.who_can_help in answer.text
            assert "<form" not in answer.text
            assert "<button" not in answer.text
        p.crm.cancel_switch(p.administrator)


@pytest.mark.rule("PAGE-2.2", "PAGE-7", "PERM-1")
@pytest.mark.parametrize("path", ["simple", "classic", "continue", "retry", "stop", "cancel"])
def test_a_hidden_button_protects_nothing(path: str) -> None:
    """A request made by hand, with a token of one's own, is refused as the command is."""
    with TestCrm.classic() as p:
        p.leads(2)
        token = p.crm.begin_switch(p.administrator, key="2026")
        site = Site(p)
        mine = site.page._safety.token(p.manager)
        answer = site.browser(p.manager).post(f"/mode/{path}", {"token": mine, "key": "k", "client": "contact"})
        assert (answer.status_code, state(answer)) == (403, "refused")
        assert site.handed == []
        assert p.crm.resume_switch(p.administrator) == token
        p.crm.cancel_switch(p.administrator)


@pytest.mark.rule("PAGE-2", "PERM-6")
@pytest.mark.parametrize("path", ["preview", "cancel", "progress"])
def test_what_a_switch_does_is_shown_to_who_may_change_settings(path: str) -> None:
    """Neither a plan nor the numbers of a switch are for anybody else."""
    with TestCrm.classic() as p:
        p.lead(title="Penguin")
        p.crm.begin_switch(p.administrator, key="2026")
        answer = Site(p).browser(p.manager).get(f"/mode/{path}")
        assert answer.status_code == 403 or answer.json == {"state": "switching"}
        assert "Penguin" not in answer.text
        p.crm.cancel_switch(p.administrator)


@pytest.mark.rule("PAGE-5", "SWITCH-5")
def test_a_live_switch_that_nobody_works_on_is_continued_by_hand() -> None:
    """Looking at it begins nothing."""
    with TestCrm.classic() as p:
        p.leads(2)
        token = p.crm.begin_switch(p.administrator, key="2026")
        site = Site(p)
        browser = site.browser()
        stopped = browser.get()
        assert (state(stopped), site.handed) == ("stopped", [])
        browser.press(stopped, "/mode/continue", pace="7")
        assert site.handed == [(token, 7)]
        assert state(browser.get()) == "simple"


@pytest.mark.rule("PAGE-5.1")
def test_stopped_work_leaves_the_switch_live() -> None:
    """It can be continued."""
    with TestCrm.classic() as p:
        p.leads(2)
        browser = Site(p, waits=True).browser()
        browser.press(browser.get(_preview(browser)), "/mode/simple")
        working = browser.get()
        assert state(working) == "switching"
        browser.press(working, "/mode/stop")
        assert state(browser.get()) == "stopped"
        p.crm.cancel_switch(p.administrator)


@pytest.mark.rule("PAGE-5.6", "SWITCH-15")
def test_continue_offers_the_pace_of_before() -> None:
    """Whoever asked for a slow switch gets no fast one by stopping it, and may change the number."""
    with TestCrm.classic() as p:
        p.leads(2)
        site = Site(p, waits=True)
        browser = site.browser()
        shown = browser.get(_preview(browser, pace="7"))
        assert "<dt>Leads a second, at most</dt><dd>7</dd>" in shown.text
        browser.press(shown, "/mode/simple")
        browser.press(browser.get(), "/mode/stop")
        assert _pace_offered(browser.get()) == "7"
        elsewhere = Site(p).browser().get()  # another process was asked for nothing
        assert (state(elsewhere), _pace_offered(elsewhere)) == ("stopped", "")
        assert 'http-equiv="refresh"' not in elsewhere.text  # nobody's number is swept away while it is typed
        p.crm.cancel_switch(p.administrator)


@pytest.mark.rule("PAGE-5", "SWITCH-15")
def test_a_paced_switch_is_not_said_to_go_faster_than_its_pace() -> None:
    """The first commit is measured before the pace holds it back, and a thousand a second would frighten people."""
    with TestCrm.classic() as p:
        p.leads(60)
        fast = Progress(at_begin=60, converted=2, remaining=58, leads_a_second=3000.0, seconds_left=0.02)

        def run(token: SwitchToken, pace: int | None) -> Work:
            work = Inline(p, token, waits=True)
            work.progress = fast
            return work

        for pace, told in (("", "3,000 leads a second · 1 second left"), ("2", "2 leads a second · 30 seconds left")):
            browser = Site(p, run=run).browser()
            browser.press(browser.get(_preview(browser, pace=pace)), "/mode/simple")
            assert told in browser.get().text
            p.crm.cancel_switch(p.administrator)


@pytest.mark.rule("PAGE-1", "MODE-4")
def test_the_last_switch_is_not_taken_for_the_mode_of_now() -> None:
    """After the way back to Classic it still tells how it ended, and nothing says that the CRM is in Simple mode."""
    with TestCrm.classic() as p:
        p.lead()
        p.crm.switch_to_simple(p.administrator, key="2026")
        p.crm.switch_to_classic(p.administrator)
        text = Site(p).browser().get().text
        assert "The CRM works in Classic mode." in text
        assert "the CRM went to Simple mode" in text
        assert "now in Simple" not in text


@pytest.mark.rule("PAGE-1")
def test_a_switch_without_leads_asks_for_no_pace() -> None:
    """There is nothing to hold back."""
    with TestCrm.classic() as p:
        browser = Site(p).browser()
        assert 'name="pace"' not in browser.get("/mode?choose=simple").text
        p.lead()
        assert 'name="pace"' in browser.get("/mode?choose=simple").text


@pytest.mark.rule("PAGE-5.4")
def test_the_work_in_a_thread_ends_the_switch() -> None:
    """A store that fails in between is tried again."""
    with TestCrm.classic() as p:
        p.leads(3)
        token = p.crm.begin_switch(p.administrator, key="2026")
        p.trouble.fail("commit", times=1)
        work = ThreadWork(p.crm, token, None)  # type: ignore[arg-type]  # it was begun
        work._thread.join(30)
        assert (p.crm.mode(), work.is_going_on(), work.failure) == (CrmState.SIMPLE, False, None)


@pytest.mark.rule("PAGE-3", "SWITCH-8")
def test_a_cancel_is_asked_once_more() -> None:
    """The question is a page; its button cancels, and converted leads stay converted."""
    with TestCrm.classic() as p:
        p.leads(2)
        token = p.crm.begin_switch(p.administrator, key="2026")
        p.crm.convert_chunk(token, 1)  # type: ignore[arg-type]  # it was begun
        browser = Site(p).browser()
        question = browser.get("/mode/cancel")
        assert state(question) == "cancel"
        browser.press(question, "/mode/cancel")
        answer = browser.get()
        assert state(answer) == "classic"
        assert 'data-last="cancelled"' in answer.text


@pytest.mark.rule("PAGE-7", "SWITCH-9")
def test_a_blocked_switch_lists_its_leads_and_is_retried() -> None:
    """The lead is named by its id; after it is healed, retry ends the switch."""
    with TestCrm.classic() as p:
        p.leads(2)
        bad = p.lead()
        p.trouble.unreadable.add(bad.id)
        site = Site(p)
        browser = site.browser()
        browser.press(browser.get(_preview(browser)), "/mode/simple")
        blocked = browser.get()
        assert state(blocked) == "blocked"
        assert f"Lead {bad.id}" in blocked.text
        p.trouble.heal()
        browser.press(blocked, "/mode/retry")
        assert state(browser.get()) == "simple"


@pytest.mark.rule("PAGE-1", "PLAN-1")
def test_classic_is_shown_and_cannot_be_chosen_without_the_plan() -> None:
    """The reason stands beside it, for everybody."""
    with TestCrm.simple() as p:
        p.plan.classic = False
        for person in (p.administrator, p.stranger):
            answer = Site(p).browser(person).get()
            assert 'data-why="plan"' in answer.text
            assert "/mode/classic" not in answer.text


@pytest.mark.rule("PAGE-1", "MODE-4")
def test_the_way_back_to_classic_is_one_button() -> None:
    """It says that nothing becomes a lead again, and does it."""
    with TestCrm.simple() as p:
        browser = Site(p).browser()
        browser.press(browser.get(), "/mode/classic")
        assert p.crm.mode() is CrmState.CLASSIC


@pytest.mark.rule("PAGE-8.1")
@pytest.mark.parametrize("path", ["/mode", "/mode?choose=simple", "/mode/preview", "/mode/cancel", "/records/lead"])
def test_every_step_is_a_link_or_a_form(path: str) -> None:
    """A button outside a form, or a link without an address, would need a script."""
    with TestCrm.classic() as p:
        p.lead()
        if path == "/mode/cancel":
            p.crm.begin_switch(p.administrator, key="2026")
        text = Site(p).browser().get(path).text
        forms = "".join(re.findall(r"<form .*?</form>", text, re.DOTALL))
        assert forms.count("<button") == text.count("<button") > 0 or path == "/mode"
        assert all('action="/crm/' in form for form in re.findall(r"<form [^>]*>", text))
        assert all('href="' in link for link in re.findall(r"<a [^>]*>", text))
        p.crm.cancel_switch(p.administrator)


@pytest.mark.rule("PAGE-7")
@pytest.mark.parametrize(
    "path, status",
    [
        ("/mode/preview?asked=1&client=neither", 400),
        ("/mode/preview?pipeline=-1", 400),
        ("/mode/preview?pipeline=99", 409),
        ("/records/lead?after=x", 400),
        ("/records/lead?id=99999999999999999999", 400),
        ("/records/lead/0", 404),
        ("/records/lead/9223372036854775808", 404),
        ("/records/switch", 404),
        ("/records/lead/4711", 404),
        ("/switches/9", 404),
        ("/page/../app.py", 404),
        ("/mode/simple", 405),
    ],
)
def test_a_wrong_address_says_what_is_wrong_with_it(path: str, status: int) -> None:
    """Each has the status that fits."""
    with TestCrm.classic() as p:
        assert Site(p).browser().get(path).status_code == status


@pytest.mark.rule("PAGE-7", "PAGE-9")
def test_a_record_that_is_not_there_leads_back_to_its_list() -> None:
    """A person mistyped its number there."""
    with TestCrm.classic() as p:
        answer = Site(p).browser(app=True).get("/records/deal/999")
        assert answer.status_code == 404
        assert '<a class="button second" href="/m/crm/records/deal">' in answer.text


@pytest.mark.rule("PAGE-7")
def test_a_choice_that_is_not_offered_names_the_option_in_the_words_of_the_page() -> None:
    """With its label, on each of the two pages, and nothing in another language."""
    with TestCrm.classic() as p:
        site = Site(p)
        for app in (False, True):
            text = site.browser(app=app).get("/mode/preview?asked=1&client=neither").text
            texts = language("en").pages[OptionPage.APP if app else OptionPage.WEB]
            assert f"Choose one of the offered values for “{texts.client.label}”." in unescape(text)
            assert "expected" not in text


@pytest.mark.rule("PAGE-7.2")
def test_a_store_that_fails_is_told_and_asked_again() -> None:
    """The page refreshes itself; a form is not sent again."""
    with TestCrm.classic() as p:
        p.lead()
        browser = Site(p).browser()
        shown = browser.get(_preview(browser))
        p.trouble.fail("snapshot", times=100)
        answer = browser.get()
        assert (answer.status_code, state(answer)) == (503, "failed")
        assert 'http-equiv="refresh"' in answer.text
        answer = browser.press(shown, "/mode/simple")
        assert (answer.status_code, 'http-equiv="refresh"' in answer.text) == (503, False)
        p.trouble.heal()
        assert state(browser.get()) == "classic"


@pytest.mark.rule("PAGE-9", "PERM-5")
@pytest.mark.parametrize("kind", ["lead", "deal", "contact", "company", "activity"])
def test_records_are_seen_by_who_may_read_them(kind: str) -> None:
    """A stranger sees an empty list, and no record by its id."""
    with TestCrm.classic() as p:
        lead = p.lead()
        made = {
            "lead": lead.id,
            "deal": p.deal().id,
            "contact": p.contact().id,
            "company": p.company().id,
            "activity": p.activity(lead).id,
        }
        site, id = Site(p), made[kind]
        for person, status in ((p.administrator, 200), (p.stranger, 404)):
            browser = site.browser(person)
            assert browser.get(f"/records/{kind}/{id}").status_code == status
            listed = browser.get(f"/records/{kind}")
            assert listed.status_code == 200
            assert (f"/records/{kind}/{id}" in listed.text) is (status == 200)
        assert site.browser().get(f"/records/{kind}?id={id}").location == f"/crm/records/{kind}/{id}"


@pytest.mark.rule("PAGE-9.3")
def test_stages_and_pipelines_stand_there_by_their_names() -> None:
    """A code or a number is there only for what has no name."""
    with TestCrm.classic() as p:
        default = p.crm.pipelines()[0].record
        stage = evolve(default.stages[0], code=StageCode("OFFERED"), name="An offer is out")
        large = evolve(default, id=PipelineId(7), name="Large deals", stages=(stage, *default.stages))
        p.crm.define_pipeline(p.administrator, large)
        stages = p.crm.lead_stages().record
        called = evolve(stages.stages[0], code=StageCode("CALLED"), name="Called back")
        p.crm.define_lead_stages(p.administrator, evolve(stages, stages=(*stages.stages, called)), version=1)
        deal, plain, lead = (
            p.deal(pipeline_id=PipelineId(7), stage=StageCode("OFFERED")),
            p.deal(),
            p.lead(stage=StageCode("CALLED")),
        )
        browser = Site(p).browser()
        for path, names in (
            (f"/records/deal/{deal.id}", ("An offer is out", "Large deals")),
            ("/records/deal", ("An offer is out",)),
            (f"/records/lead/{lead.id}", ("Called back",)),
            ("/records/lead", ("Called back",)),
            (f"/records/deal/{plain.id}", ("General",)),
        ):
            text = browser.get(path).text
            assert [name for name in names if name not in text] == []
            assert not re.search(r"OFFERED|CALLED", text)


@pytest.mark.rule("PAGE-9.2", "SWITCH-13")
def test_a_switch_shows_what_became_of_each_lead() -> None:
    """By page, for who may change settings."""
    with TestCrm.classic() as p:
        p.leads(60)
        report = p.crm.switch_to_simple(p.administrator, key="2026")
        epoch = report.token.epoch  # type: ignore[union-attr]  # there was something to do
        site = Site(p)
        first = site.browser().get(f"/switches/{epoch}")
        assert "/crm/records/lead/50" in first.text
        assert "/crm/records/lead/51" not in first.text
        assert "/crm/records/lead/51" in site.browser().get(f"/switches/{epoch}?after=50").text
        assert "2026" in site.browser().get("/switches").text
        assert site.browser(p.manager).get("/switches").status_code == 403
        assert site.browser(p.manager).get(f"/switches/{epoch}").status_code == 403


@pytest.mark.rule("PAGE-1.1", "PAGE-1.2", "POLICY-5")
def test_each_page_asks_in_its_own_order() -> None:
    """The pipeline only where there is a choice."""
    with TestCrm.classic() as p:
        site = Site(p)

        def order(app: bool) -> list[str]:
            text = site.browser(app=app).get("/mode?choose=simple").text
            found = {name: text.find(f'name="{name}"') for name in ("client", "pipeline", "keep")}
            return sorted((name for name, place in found.items() if place >= 0), key=lambda name: found[name])

        assert order(False) == order(True) == ["client", "keep"]
        p.crm.define_pipeline(p.administrator, evolve(p.crm.pipelines()[0].record, id=PipelineId(7), name="Large"))
        assert order(False) == ["client", "pipeline", "keep"]
        assert order(True) == ["pipeline", "client", "keep"]
        assert site.browser(p.manager).get("/mode?choose=simple").text.find('name="client"') == -1


@pytest.mark.rule("PAGE-1.3")
@pytest.mark.parametrize("app, menu", [(False, "Impostazioni (⚙️)"), (True, "Tre puntini (...)")])
@pytest.mark.parametrize("kind", ["Lead", "Affari"])
def test_the_way_to_the_mode_is_that_of_the_article(kind: str, app: bool, menu: str) -> None:
    """S12, S13: on each page the next name is a link, and the last one is in the menu of the list."""
    with TestCrm.classic() as p:
        browser = Site(p, language="it").browser(app=app)
        leads = browser.follow(browser.get("/switches").text, "CRM")
        listed = browser.follow(leads.text, kind).text
        assert f"<h1>{kind}</h1>" in listed
        folded = re.search(r'<details class="menu"><summary>([^<]*)</summary>(.*?)</details>', listed, re.DOTALL)
        assert folded is not None
        assert folded[1] == menu
        assert state(browser.follow(folded[2], "Modalità CRM")) == "classic"


def test_a_refusal_is_told_in_words() -> None:
    """Every reason has some."""
    with TestCrm.classic() as p:
        answer = Site(p).browser().get("/mode/cancel")
        assert answer.status_code == 409
        assert Reason.NOT_SWITCHING.value not in answer.text


@pytest.mark.rule("PAGE-9.1")
def test_the_records_go_on_behind_the_first_page() -> None:
    """The second page begins where the first one ended, and has none of its records."""
    with TestCrm.classic() as p:
        leads = p.leads(51)
        browser = Site(p).browser()
        pages = [browser.get("/records/lead"), browser.get(f"/records/lead?after={leads[49].id}")]
        for lead, shown in ((leads[0], [True, False]), (leads[50], [False, True])):
            assert [f'/records/lead/{lead.id}"' in page.text for page in pages] == shown
