"""A switch from begin to end: chunk boundaries, faults, what people do meanwhile, cancelling, and keys."""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from crmcore.domain.model.image import new_crm
from crmcore.domain.model.settings import CrmMode
from tools.vectors.drafts import Draft, Json, call, do, said, world
from tools.vectors.families.policies import CHOICES, whole
from tools.vectors.scenes import LIVE_POLICY, STATES, Scene, begun, email, token

__all__ = ["DOCUMENTS", "GIVENS", "drafts"]

POLICY = CHOICES["contact.keep.default"]


def _three() -> Any:
    """Three active leads with an activity each, and a closed one."""
    p = Scene.at(new_crm(CrmMode.CLASSIC))
    p.pipeline("Partners")
    for name in ("One", "Two", "Three"):
        lead = p.lead(title=name, contact_points=(email(f"{name.lower()}@example.com"),), company_title=f"{name} Ltd")
        p.activity(lead, kind="call", subject=f"Ring {name}")
    p.crm.close_lead(1, p.lead(title="Closed").id)
    p.later()
    return p


def _three_switching() -> Any:
    p = _three()
    begun(p)
    return p


DOCUMENTS: Mapping[str, Callable[[], object]] = {"three": _three, "three-switching": _three_switching}
_FAULTS = ("unreadable", "unwritable", "unconvertible")
GIVENS: Mapping[str, Json] = {
    **{name: {"document": name} for name in DOCUMENTS},
    **{
        f"three-with-{fault}-{name}": {"document": "three", fault: ids}
        for fault in _FAULTS
        for name, ids in {"first": [1], "last": [3], "all": [1, 2, 3]}.items()
    },
    "three-with-all-faults": {"document": "three", "unreadable": [1], "unwritable": [2], "unconvertible": [3]},
    "three-with-unreadable-closed": {"document": "three", "unreadable": [4]},
}

_BEGIN = do(1, "begin_switch", key="first", policy=POLICY)
_FINISH = do(0, "finish_switch", token=said(0))
_STATUS = call(1, "switch_status")


def _chunk(size: int = 10, **given: Any) -> Json:
    return do(0, "convert_chunk", token=said(0), size=size, **given)


def drafts() -> Iterator[Draft]:
    """The vectors."""
    yield from _boundaries()
    yield from _faults()
    yield from _meanwhile()
    yield from _frozen()
    yield from _keys()
    yield from _ends()


def _boundaries() -> Iterator[Draft]:
    """Work is left at each boundary, and taken up from there."""
    for size, name in {1: "one", 2: "two", 3: "three", 4: "four"}.items():
        for done, left in enumerate(("at-once", "after-one", "after-two", "after-three")):
            steps = [_BEGIN, *[_chunk(size)] * done]
            at = len(steps)
            for then, more in {
                "resumed": [do(1, "resume_switch"), *[do(0, "convert_chunk", token=said(at), size=size)] * 4, _FINISH],
                "cancelled": [do(1, "cancel_switch"), _chunk(size), _FINISH],
                "cancelled-and-begun": [
                    do(1, "cancel_switch"),
                    do(1, "begin_switch", key="second", policy=LIVE_POLICY),
                    do(0, "convert_chunk", token=said(at + 1), size=10),
                    do(0, "finish_switch", token=said(at + 1)),
                    call(1, "switch_named", key="first"),
                ],
            }.items():
                yield Draft(
                    id=f"switch.boundary.chunks-of-{name}.{left}.{then}",
                    given="three",
                    when=[*steps, *more],
                    rules=("SWITCH-5", "SWITCH-11") if then == "resumed" else ("SWITCH-8", "SWITCH-4"),
                )
            yield Draft(
                id=f"switch.progress.chunks-of-{name}.{left}",
                given="three",
                when=[*steps, _STATUS, _FINISH],
                rules=("SWITCH-13", "SWITCH-3"),
            )
    for shards in (2, 3):
        for order in (range(shards), reversed(range(shards))):
            parts = [(k, shards) for k in order]
            yield Draft(
                id=f"switch.shards.{'two' if shards == 2 else 'three'}.{'up' if parts[0][0] == 0 else 'down'}",
                given="three",
                when=[_BEGIN, *[_chunk(10, shard=list(part)) for part in parts], _FINISH],
                rules=("SWITCH-11", "SWITCH-5"),
            )
    yield Draft(
        id="switch.by-hand.one-by-one",
        given="three",
        when=[do(1, "convert_lead", lead_id=id, policy=POLICY) for id in (1, 2, 3)],
        rules=("SWITCH-11",),
    )
    yield Draft(
        id="switch.by-hand.in-one-call",
        given="three",
        when=[call(1, "convert_leads", lead_ids=[3, 1, 2], policy=LIVE_POLICY)],
        rules=("SWITCH-11",),
    )


def _faults() -> Iterator[Draft]:
    """Leads that cannot be read or written are set aside, and the way out of a blocked switch (SWITCH-9)."""
    heal = world(unreadable=[], unwritable=[], unconvertible=[])
    ways: dict[str, list[Json]] = {
        "finish": [],
        "status": [_STATUS],
        "retry": [do(1, "retry_switch"), _chunk(), _FINISH],
        "heal-and-retry": [heal, do(1, "retry_switch"), _chunk(), _FINISH],
        "heal-and-resume": [heal, do(1, "resume_switch"), _chunk(), _FINISH],
        "close": [do(1, "close_lead", lead_id=1), _FINISH],
        "delete": [do(1, "delete_lead", lead_id=1), _FINISH],
        "close-by-manager": [do(2, "close_lead", lead_id=1), _FINISH],
        "delete-by-stranger": [do(7, "delete_lead", lead_id=1), _FINISH],
        "heal-and-edit": [
            heal,
            do(1, "edit_record", ref=["lead", 1], version=1, fields={"title": "Healed"}),
            _chunk(),
            _FINISH,
        ],
        "cancel": [do(1, "cancel_switch")],
        "heal-and-convert": [heal, do(1, "convert_lead", lead_id=1), _FINISH],
        "convert": [do(1, "convert_lead", lead_id=1), _FINISH],
        "mark-again": [do(0, "set_aside", token=said(0), lead_id=1, code="other"), _FINISH],
    }
    yield Draft(
        id="switch.fault.unreadable.audit",
        given="three-with-unreadable-first",
        when=[call(1, "audit")],
        rules=("DATA-1.16",),
    )
    for fault in _FAULTS:
        for name, steps in ways.items():
            yield Draft(
                id=f"switch.fault.{fault}.{name}",
                given=f"three-with-{fault}-first",
                when=[_BEGIN, _chunk(), _FINISH, *steps],
                rules=("SWITCH-9", "SWITCH-13"),
            )
        for which in ("first", "last", "all"):
            for size in (1, 2, 3):
                yield Draft(
                    id=f"switch.fault.{fault}.{which}-in-chunks-of-{('one', 'two', 'three')[size - 1]}",
                    given=f"three-with-{fault}-{which}",
                    when=[_BEGIN, *[_chunk(size)] * 4, _FINISH, _STATUS],
                    rules=("SWITCH-9", "SWITCH-11"),
                )
            yield Draft(
                id=f"switch.fault.{fault}.{which}-previewed",
                given=f"three-with-{fault}-{which}",
                when=[call(1, "preview_switch", policy=POLICY)],
                rules=("SWITCH-12", "SWITCH-9"),
            )
        for name, step in {
            "convert": do(1, "convert_lead", lead_id=1),
            "convert-many": call(1, "convert_leads", lead_ids=[1, 2]),
            "convert-many-by-manager": call(2, "convert_leads", lead_ids=[2, 1]),
            "convert-many-by-own": call(4, "convert_leads", lead_ids=[1, 2]),
            "read": call(1, "lead", lead_id=1),
            "edit": do(1, "edit_record", ref=["lead", 1], version=1, fields={"title": "Other"}),
            "close": do(1, "close_lead", lead_id=1),
            "close-by-manager": do(2, "close_lead", lead_id=1),
            "close-by-own": do(4, "close_lead", lead_id=1),
            "delete": do(1, "delete_lead", lead_id=1),
            "delete-by-manager": do(2, "delete_lead", lead_id=1),
            "delete-by-stranger": do(7, "delete_lead", lead_id=1),
            "close-unknown-stage": do(1, "close_lead", lead_id=1, stage="NOWHERE"),
        }.items():
            yield Draft(
                id=f"switch.faulty-lead.{fault}.{name}",
                given=f"three-with-{fault}-first",
                when=[step],
                rules=("SWITCH-9", "PERM-6"),
            )
    yield Draft(
        id="switch.fault.each-of-another-kind",
        given="three-with-all-faults",
        when=[_BEGIN, _chunk(), _FINISH, _STATUS, do(1, "close_lead", lead_id=1), do(1, "delete_lead", lead_id=1)],
        rules=("SWITCH-9",),
    )
    for name, step in {
        "close": do(1, "close_lead", lead_id=4),
        "delete": do(1, "delete_lead", lead_id=4),
        "add": do(1, "add_lead", fields={"title": "One"}),
    }.items():
        yield Draft(
            id=f"switch.fault.closed-lead.{name}",
            given="three-with-unreadable-closed",
            when=[_BEGIN, step, _chunk(), _FINISH],
            rules=("SWITCH-9", "SWITCH-2"),
        )
    for name, code in {"twice": "odd", "other-code": "even"}.items():
        yield Draft(
            id=f"switch.mark.{name}",
            given="three",
            when=[
                _BEGIN,
                do(0, "set_aside", token=said(0), lead_id=2, code="odd"),
                do(0, "set_aside", token=said(0), lead_id=2, code=code),
                _chunk(),
                _FINISH,
            ],
            rules=("SWITCH-9",),
        )
    for name, step in {
        "edit": do(1, "edit_record", ref=["lead", 2], version=1, fields={"title": "Other"}),
        "edit-same": do(1, "edit_record", ref=["lead", 2], version=1, fields={"title": "Two"}),
        "move": do(1, "reopen_lead", lead_id=2, stage="NEW"),
        "reopen": do(1, "reopen_lead", lead_id=2),
        "close": do(1, "close_lead", lead_id=2),
        "delete": do(1, "delete_lead", lead_id=2),
        "convert": do(1, "convert_lead", lead_id=2),
        "retry": do(1, "retry_switch"),
        "add-activity": do(1, "add_activity", fields={"kind": "call"}, bound_to=[["lead", 2]]),
        "begin-again": _BEGIN,
        "plan": world(plan=False),
    }.items():
        yield Draft(
            id=f"switch.marked-then.{name}",
            given="three",
            when=[_BEGIN, do(0, "set_aside", token=said(0), lead_id=2, code="odd"), step, _chunk(), _FINISH],
            rules=("SWITCH-9", "SWITCH-13"),
        )
    for state in ("blocked", "blocked-without-plan"):
        for name, steps in {
            "close-both": [do(1, "close_lead", lead_id=1), do(1, "close_lead", lead_id=2)],
            "retry": [do(1, "retry_switch"), do(0, "convert_chunk", token=token("blocked"), size=10)],
            "delete-and-close": [do(1, "delete_lead", lead_id=1), do(1, "close_lead", lead_id=2)],
            "convert-both": [do(1, "convert_lead", lead_id=1), do(1, "convert_lead", lead_id=2)],
        }.items():
            yield Draft(
                id=f"switch.way-out.{name}.{state}",
                given=state,
                when=[
                    *steps,
                    do(0, "finish_switch", token=token("blocked")),
                    call(1, "switch_report", token=token("blocked")),
                ],
                rules=("SWITCH-9",),
            )


def _meanwhile() -> Iterator[Draft]:
    """What people do between two chunks is recorded in the switch (SWITCH-7)."""
    acts: dict[str, Json] = {
        "convert": do(2, "convert_lead", lead_id=3),
        "close": do(2, "close_lead", lead_id=3),
        "close-by-edit": do(2, "edit_record", ref=["lead", 3], version=1, fields={"stage": "JUNK"}),
        "delete": do(2, "delete_lead", lead_id=3),
        "edit": do(2, "edit_record", ref=["lead", 3], version=1, fields={"title": "Other", "comments": "new"}),
        "add": do(2, "add_lead", fields={"title": "Four"}),
        "add-closed": do(2, "add_lead", fields={"title": "Four", "stage": "JUNK"}),
        "copy": do(2, "copy_lead", lead_id=3),
        "copy-converted": do(2, "copy_lead", lead_id=1),
        "inquiry-of-lead": do(
            2,
            "take_inquiry",
            channel="call",
            fields={"contact_points": [{"kind": "email", "type": "WORK", "value": "three@example.com"}]},
        ),
        "add-activity": do(2, "add_activity", fields={"kind": "call"}, bound_to=[["lead", 3]]),
        "complete-activity": do(2, "complete_activity", activity_id=3),
        "unbind-activity": do(2, "unbind_activity", activity_id=3, ref=["lead", 3]),
        "delete-activity": do(2, "delete_activity", activity_id=3),
        "reopen-closed": do(2, "reopen_lead", lead_id=4),
        "close-converted": do(2, "close_lead", lead_id=1),
        "import-active": do(1, "begin_switch", key="other"),
        "lose-plan": world(plan=False),
        "retry": do(1, "retry_switch"),
    }
    for name, step in acts.items():
        yield Draft(
            id=f"switch.meanwhile.{name}",
            given="three",
            when=[_BEGIN, _chunk(1), step, _STATUS, _chunk(), _FINISH, call(1, "switch_report", token=said(0))],
            rules=("SWITCH-7", "SWITCH-6", "SWITCH-13"),
        )
    for (name, step), (then, other) in pairwise(acts.items()):
        yield Draft(
            id=f"switch.meanwhile.{name}-and-{then}",
            given="three",
            when=[_BEGIN, step, other, _chunk(), _FINISH],
            rules=("SWITCH-7", "SWITCH-13"),
        )
    yield Draft(
        id="switch.meanwhile.moved-on",
        given="three",
        when=[
            _BEGIN,
            call(1, "lead", lead_id=3),
            do(2, "add_activity", fields={"kind": "call"}, bound_to=[["lead", 3]]),
            do(1, "edit_record", ref=["lead", 3], version=said(1, "version"), fields={"title": "Other"}),
            call(1, "lead", lead_id=3),
            do(1, "edit_record", ref=["lead", 3], version=said(4, "version"), fields={"title": "Other"}),
        ],
        rules=("EDIT-1",),
    )


def _frozen() -> Iterator[Draft]:
    """The terms are those of the begin, whatever is changed since (SWITCH-4)."""
    in_partners = {"client": "contact", "pipeline_id": 1, "keep_activities": True}
    begin = do(1, "begin_switch", key="first", policy=in_partners)
    stages = [
        {"code": "C1:FIRST", "name": "First", "semantics": "P"},
        *[
            {"code": f"C1:{code}", "name": f"C1:{code}", "semantics": semantics}
            for code, semantics in (("NEW", "P"), ("WON", "S"), ("LOSE", "F"))
        ],
    ]
    changes: dict[str, Json] = {
        "pipeline": do(
            1, "define_pipeline", pipeline={"id": 1, "name": "Partners", "stages": stages, "archived": False}, version=1
        ),
        "matching": do(1, "change_settings", match="email"),
        "repeat": do(1, "change_settings", repeat_inquiry="attach"),
        "archive": do(1, "archive_pipeline", pipeline_id=1),
        "lead-stages": do(
            1,
            "define_lead_stages",
            version=1,
            stages={
                "stages": [
                    {"code": "FIRST", "name": "First", "semantics": "P"},
                    {"code": "NEW", "name": "New", "semantics": "P"},
                    {"code": "CONVERTED", "name": "Good", "semantics": "S"},
                    {"code": "LOST", "name": "Lost", "semantics": "F"},
                    {"code": "JUNK", "name": "Junk", "semantics": "F"},
                ]
            },
        ),
    }
    client = do(
        1,
        "add_record",
        kind="contact",
        fields={"contact_points": [{"kind": "email", "type": "WORK", "value": "two@example.com"}]},
    )
    for name, change in changes.items():
        yield Draft(
            id=f"switch.frozen.{name}",
            given="three",
            when=[
                begin,
                client,
                change,
                do(1, "convert_lead", lead_id=2),
                do(1, "add_lead", fields={"title": "Four"}),
                do(1, "close_lead", lead_id=3),
                _chunk(),
                _FINISH,
                do(1, "add_lead", fields={"title": "Five"}),
            ],
            rules=("SWITCH-4", "SWITCH-6"),
        )
        yield Draft(
            id=f"switch.before-begin.{name}",
            given="three",
            when=[
                change,
                client,
                do(1, "begin_switch", key="first", policy=in_partners),
                do(1, "convert_lead", lead_id=2),
                do(1, "resume_switch"),
            ],
            rules=("SWITCH-4",),
        )


def _keys() -> Iterator[Draft]:
    """The same key is the same switch, for ever (SWITCH-10)."""
    other = do(1, "begin_switch", key="first", policy={**POLICY, "client": "both"})
    default = do(1, "begin_switch", key="first", policy={**POLICY, "pipeline_id": 0})
    second = do(1, "begin_switch", key="second", policy=POLICY)
    ends = {"live": [], "finished": [_chunk(), _FINISH], "cancelled": [do(1, "cancel_switch")]}
    asks = {"same": _BEGIN, "same-with-default-named": default, "other-policy": other, "other-key": second}
    for end, steps in ends.items():
        for ask, step in asks.items():
            yield Draft(
                id=f"switch.key.{end}.{ask}",
                given="three",
                when=[_BEGIN, *steps, step],
                rules=("SWITCH-10",),
            )
    yield Draft(
        id="switch.key.refused-begin-records-none",
        given="three",
        when=[do(2, "begin_switch", key="first", policy={**POLICY, "client": "both"}), _BEGIN],
        rules=("SWITCH-10",),
    )
    yield Draft(
        id="switch.key.nothing-to-do-records-none",
        given="new",
        when=[
            do(1, "begin_switch", key="first", policy={**POLICY, "client": "both"}),
            do(1, "switch_to_classic"),
            _BEGIN,
        ],
        rules=("SWITCH-10", "MODE-5"),
    )
    yield Draft(
        id="switch.key.of-command-is-another",
        given="three",
        when=[do(1, "add_lead", key="first", fields={"title": "Four"}), _BEGIN],
        rules=("SWITCH-10", "EDIT-1"),
    )


def _ends() -> Iterator[Draft]:
    """Finishing, finishing again, and what a switch leaves behind."""
    for name, given in {"without-leads": "new-classic", "closed-leads-alone": "finished"}.items():
        begin = _BEGIN if given == "new-classic" else do(1, "resume_switch")
        yield Draft(
            id=f"switch.end.{name}",
            given=given,
            when=[begin, do(0, "finish_switch", token=said(0)), call(1, "last_switch")],
            rules=("SWITCH-14", "SWITCH-3"),
        )
    yield Draft(
        id="switch.end.too-early", given="three", when=[_BEGIN, _FINISH, _chunk(2), _FINISH], rules=("SWITCH-3",)
    )
    yield Draft(id="switch.end.twice", given="three", when=[_BEGIN, _chunk(), _FINISH, _FINISH], rules=("SWITCH-4",))
    yield Draft(
        id="switch.end.chunk-of-finished",
        given="three",
        when=[_BEGIN, _chunk(), _FINISH, _chunk(), do(0, "set_aside", token=said(0), lead_id=1, code="odd")],
        rules=("SWITCH-4",),
    )
    yield Draft(
        id="switch.end.finish-of-cancelled",
        given="three",
        when=[_BEGIN, _chunk(1), do(1, "cancel_switch"), _FINISH, _chunk(), call(0, "switch_report", token=said(0))],
        rules=("SWITCH-4", "SWITCH-8"),
    )
    yield Draft(
        id="switch.end.finish-of-older",
        given="three",
        when=[
            _BEGIN,
            _chunk(),
            _FINISH,
            do(1, "switch_to_classic"),
            do(1, "begin_switch", key="second", policy=POLICY),
            _FINISH,
            do(0, "finish_switch", token=said(4)),
        ],
        rules=("SWITCH-4", "MODE-4"),
    )
    for state in STATES:
        if STATES[state][0] == "classic":
            yield Draft(
                id=f"switch.whole-and-back.{state}",
                given=state,
                when=[*whole(POLICY), do(1, "switch_to_classic"), do(1, "reopen_lead", lead_id=3), call(1, "audit")],
                rules=("MODE-4", "MODE-5", "SWITCH-10"),
            )
        yield Draft(
            id=f"switch.plan-lost-on-the-way.{state}",
            given=state,
            when=[
                world(plan=False),
                do(1, "resume_switch"),
                do(1, "cancel_switch"),
                do(1, "add_lead", fields={"title": "One"}),
                world(plan=True),
                do(1, "cancel_switch"),
                do(1, "add_lead", fields={"title": "Two"}),
            ],
            rules=("MODE-3", "PLAN-1", "SWITCH-8"),
        )
    yield Draft(
        id="switch.preview-then-whole",
        given="three",
        when=[
            call(1, "preview_switch", policy=LIVE_POLICY),
            *whole(LIVE_POLICY, first=1),
            call(1, "switch_named", key="first"),
        ],
        rules=("SWITCH-12",),
    )
    yield Draft(
        id="switch.later-converts-the-rest",
        given="back",
        when=[*whole(POLICY), call(1, "switch_page"), call(1, "switch_named", key="stopped"), call(1, "audit")],
        rules=("SWITCH-8", "SWITCH-1"),
    )
