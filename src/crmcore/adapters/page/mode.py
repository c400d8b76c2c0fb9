"""The mode itself: what it is, what a switch would do, and each step of doing it."""

import json
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

from attrs import frozen
from werkzeug.wrappers import Response

from crmcore.adapters.page.options import digest_of, fields_of, number_in, policy_in
from crmcore.adapters.page.shown import head_of, pipelines_of
from crmcore.adapters.page.visit import Visit
from crmcore.adapters.page.work import Working
from crmcore.application.crm import Crm
from crmcore.domain.model.errors import RecordFault
from crmcore.domain.model.ids import CARDS, RECORDS, Kind, LeadId, UserId
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.model.policy import options_asked
from crmcore.domain.model.text import Discreet
from crmcore.domain.protocol.results import NoChange, Preview, SwitchDone, SwitchReport
from crmcore.domain.rules.mode import CrmState

__all__ = ["PAGE", "ModeViews", "lead_title", "numbers_of"]

#: How many leads of a plan, or other records, one page shows.
PAGE = 50

#: The numbers of a plan that people look at first.
_MADE = ("deals", "contacts", "companies", "bound", "kept_open", "completed")


@frozen(repr=False, eq=False)
class Aside(Discreet):
    """A lead that was set aside; its title is `None` where nobody can read it, or this person may not."""

    id: LeadId
    title: str | None
    is_hidden: bool
    code: str


@frozen(repr=False, eq=False)
class Facts(Discreet):
    """A plan in numbers: those of the switch, and what is worth a sentence of its own."""

    numbers: list[tuple[str, int]]
    known_clients: int
    set_aside: int
    lost: list[tuple[str, int]]
    records: list[tuple[Kind, int, int]]


class ModeViews:
    """Answers the addresses below `/crm/mode`; each method is one of them."""

    def __init__(self, crm: Crm, working: Working) -> None:
        self._crm = crm
        self._working = working

    def mode(self, visit: Visit) -> Response:
        """What the mode is, and what one may do about it."""
        state = self._crm.mode()
        status = self._crm.switch_status(visit.person)
        if isinstance(status, SwitchReport):
            return visit.show("switching", state=state, **self._live(visit, status))
        if state in (CrmState.SWITCHING, CrmState.BLOCKED):
            return visit.show("switching", state=state, live=None, standing=state)
        may = status.reason is not Reason.NOT_PERMITTED
        settings = self._crm.settings()
        choosing = may and visit.query.get("choose") == "simple" and state is not CrmState.SIMPLE
        policy = policy_in(visit.query) if "asked" in visit.query else settings.last_policy or policy_in({})
        pipelines = pipelines_of(self._crm)
        last = self._crm.last_switch(visit.person) if may else None
        return visit.show(
            "mode",
            state=state,
            mode=settings.mode,
            may=may,
            choosing=choosing,
            has_classic=self._crm.has_classic(),
            active=self._crm.active_leads(visit.person) if may else None,
            last=last,
            last_numbers=numbers_of(last) if isinstance(last, SwitchReport) else [],
            policy=policy,
            pace=number_in(visit.query, "pace"),
            pipelines=pipelines,
            asked=options_asked(visit.page, pipelines),
        )

    def progress(self, visit: Visit) -> Response:
        """The state and the numbers of a live switch, for the script that refreshes them."""
        status = self._crm.switch_status(visit.person)
        if isinstance(status, Refused):
            told = {"state": self._crm.mode().value}
        else:
            live = self._live(visit, status)
            text = visit.words.switching.progress(n=live["total"], done=visit.words.number(live["done"]))
            told = {"state": live["standing"], "html": visit.fragment("progress", **live), "told": text}
        return Response(json.dumps(told), mimetype="application/json")

    def preview(self, visit: Visit) -> Response:
        """What a switch would do; nothing is written."""
        return self._plan(visit, visit.query)

    def simple(self, visit: Visit) -> Response:
        """Begin the switch that was shown, if the plan is still the same; the same form again joins the same switch."""
        form = visit.form()
        policy, pace, key = policy_in(form), number_in(form, "pace"), form.get("key", "")
        known = self._crm.switch_named(visit.person, key)
        if isinstance(known, Refused) and known.reason is Reason.UNKNOWN_RECORD:
            plan = self._crm.preview_switch(visit.person, policy)
            if isinstance(plan, Preview) and digest_of(plan) != form.get("plan"):
                return self._plan(visit, form, moved=True)
        begun = self._crm.begin_switch(visit.person, key=key, policy=policy)
        if isinstance(begun, Refused):
            return visit.refuse(begun)
        if not isinstance(begun, NoChange | SwitchDone):
            self._working.begin(begun, pace)
        return visit.see()

    def resume(self, visit: Visit) -> Response:
        """Work on the live switch here; safe also where another process works on it."""
        return self._work_on(visit, self._crm.resume_switch)

    def retry(self, visit: Visit) -> Response:
        """Try the leads that were set aside once more."""
        return self._work_on(visit, self._crm.retry_switch)

    def stop(self, visit: Visit) -> Response:
        """Stop the work of this process; the switch stays live."""
        visit.form()
        status = self._crm.switch_status(visit.person)
        if isinstance(status, Refused):
            return visit.refuse(status)
        self._working.stop()
        return visit.see()

    def ask_cancel(self, visit: Visit) -> Response:
        """Ask once more, with what a cancelled switch leaves behind."""
        status = self._crm.switch_status(visit.person)
        return visit.refuse(status) if isinstance(status, Refused) else visit.show("cancel", live=status)

    def cancel(self, visit: Visit) -> Response:
        """Cancel the live switch."""
        visit.form()
        done = self._crm.cancel_switch(visit.person)
        return visit.refuse(done) if isinstance(done, Refused) else visit.see()

    def classic(self, visit: Visit) -> Response:
        """Go from Simple to Classic."""
        visit.form()
        done = self._crm.switch_to_classic(visit.person)
        return visit.refuse(done) if isinstance(done, Refused) else visit.see()

    def _work_on(self, visit: Visit, ask: Callable[[UserId], SwitchToken | Refused]) -> Response:
        form = visit.form()
        token = ask(visit.person)
        if isinstance(token, Refused):
            return visit.refuse(token)
        self._working.begin(token, number_in(form, "pace"))
        return visit.see()

    def _plan(self, visit: Visit, form: Mapping[str, str], *, moved: bool = False) -> Response:
        policy, pace, first = policy_in(form), number_in(form, "pace"), number_in(form, "after") or 0
        plan = self._crm.preview_switch(visit.person, policy)
        if isinstance(plan, Refused):
            return visit.refuse(plan)
        if isinstance(plan, NoChange):
            return visit.see()
        fields = fields_of(policy, pace)
        leads = plan.leads[first : first + PAGE]
        return visit.show(
            "preview",
            409 if moved else 200,
            plan=plan,
            moved=moved,
            facts=_facts(plan),
            fields=fields,
            pace=pace,
            hidden={**fields, "plan": digest_of(plan), "key": form.get("key") or secrets.token_urlsafe(12)},
            leads=leads,
            titles={each.lead_id: lead_title(self._crm, visit, each.lead_id) or str(each.lead_id) for each in leads},
            first=first,
            after=first + PAGE if first + PAGE < len(plan.leads) else None,
            pipelines=pipelines_of(self._crm),
        )

    def _live(self, visit: Visit, live: SwitchReport) -> dict[str, Any]:
        """A live switch for people: how it stands, how fast it goes, and what needs attention."""
        assert live.token is not None  # a live switch has one
        work = self._working
        standing = "blocked" if live.state is CrmState.BLOCKED else "switching" if work.is_going_on() else "stopped"
        failure, progress = work.failure(), work.progress()
        speed = None if progress is None else progress.leads_a_second
        left = None if progress is None else progress.seconds_left
        pace = work.pace_of(live.token)
        if pace and speed is not None and left is not None:
            # The first commits are measured before the pace holds them back.
            speed, left = min(speed, pace), max(left, live.totals.remaining / pace)
        return {
            "live": live,
            "standing": standing,
            "total": live.totals.leads,
            "done": live.totals.ended - live.totals.set_aside,
            "speed": None if speed is None else round(speed),
            "left": None if left is None else ceil(left),
            "pace": pace,
            "failure": None if failure is None else visit.words.error(failure),
            "aside": [self._aside(visit, live, id) for id in live.set_aside[:PAGE]] if standing == "blocked" else [],
        }

    def _aside(self, visit: Visit, live: SwitchReport, id: LeadId) -> Aside:
        assert live.token is not None
        found = next(self._crm.outcomes(visit.person, live.token.epoch, after=LeadId(id - 1)), None)
        code = found[1].code if found is not None and found[0] == id else None
        try:
            title = _title(self._crm, visit, id)
        except RecordFault:
            return Aside(id, None, is_hidden=False, code=code or "")
        return Aside(id, title, is_hidden=title is None, code=code or "")


def numbers_of(report: SwitchReport) -> list[tuple[str, int]]:
    """The numbers of a switch that people look at: how it began, what it made, and whatever else is not zero."""
    made = ("at_begin", "converted", "contacts", "companies", "bound", "kept_open", "completed")
    rest = ("added", "already_converted", "closed", "deleted", "set_aside", "remaining")
    numbers = [(name, getattr(report.totals, name)) for name in (*made, *rest)]
    return [(name, number) for name, number in numbers if number or name in made]


def _facts(plan: Preview) -> Facts:
    totals = plan.totals
    numbers = [(name, getattr(totals, name)) for name in _MADE]
    known, lost = 0, Counter[str]()
    for each in plan.leads:
        known += each.contact_id is not None or each.company_id is not None
        lost.update(each.not_carried)
    before, after = plan.before, plan.after
    counted = () if before is None or after is None else CARDS
    records = [(kind, getattr(before, RECORDS[kind]), getattr(after, RECORDS[kind])) for kind in counted]
    return Facts(numbers, known, totals.set_aside, sorted(lost.items()), records)


def lead_title(crm: Crm, visit: Visit, id: LeadId) -> str | None:
    """What a lead is called; `None` where this person may not read it, or nobody can."""
    try:
        return _title(crm, visit, id)
    except RecordFault:
        return None


def _title(crm: Crm, visit: Visit, id: LeadId) -> str | None:
    found = crm.lead(visit.person, id)
    return None if isinstance(found, Refused) else head_of(found.record, Kind.LEAD, visit.words)
