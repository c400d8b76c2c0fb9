"""What tells a planted change of tests/spec/changes.toml that no other vector sees: few, and each for its change."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from crmcore.domain.model.ids import Kind
from tools.vectors.drafts import Draft, Json, call, do, fields_of, said, world
from tools.vectors.scenes import FILLED, PEOPLE, document, token

__all__ = ["DOCUMENTS", "GIVENS", "drafts"]

DOCUMENTS: Mapping[str, Callable[[], object]] = {}
GIVENS: Mapping[str, Json] = {}

_ELSEWHERE: Json = {"client": "contact", "pipeline_id": 1, "keep_activities": True}
_OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_BOB, _CARL = ["contact", 1], ["contact", 2]


def drafts() -> Iterator[Draft]:
    """The vectors."""
    for made in (_whole(), _chunks(), _setup(), _records(), _intake(), _person()):
        yield from made


def _drafts(rules: str, given: str, whens: Mapping[str, list[Json]]) -> Iterator[Draft]:
    for id, when in whens.items():
        yield Draft(id=id, given=given, when=when, rules=tuple(rules.split()))


def _points(*values: str) -> list[Json]:
    return [{"kind": "phone" if "@" not in each else "email", "type": "WORK", "value": each} for each in values]


def _whole() -> Iterator[Draft]:
    """The whole switch in one call, by the size of its chunks, and what the call answers where there is none."""
    again = call(1, "switch_to_simple", key="first", chunk=1)
    for name, steps in {
        "chunk-of-one": [again],
        "chunk-of-all": [call(1, "switch_to_simple", key="first")],
        "twice": [again, again],
        "other-policy": [again, call(1, "switch_to_simple", key="first", policy=_ELSEWHERE)],
        "with-pace": [call(1, "switch_to_simple", key="first", pace=1_000)],
        "by-manager": [call(2, "switch_to_simple", key="first")],
        "chunk-of-none": [call(1, "switch_to_simple", key="first", chunk=0)],
        "set-aside": [world(unreadable=[1]), again],
        "run": [do(1, "begin_switch", key="first"), call(0, "run_switch", token=said(0), chunk=1)],
        "run-cancelled": [
            do(1, "begin_switch", key="first"),
            do(1, "cancel_switch"),
            call(0, "run_switch", token=said(0)),
        ],
        "run-stale": [call(0, "run_switch", token={"key": "first", "epoch": 2})],
    }.items():
        yield Draft(id=f"switch.whole.{name}", given="classic", when=steps, rules=("SWITCH-5.1", "SWITCH-14"))
    yield from _drafts(
        "SWITCH-10 MODE-5",
        "simple",
        {
            "switch.whole.already-simple": [call(1, "switch_to_simple", key="first")],
            "switch.whole.ended-key": [call(1, "switch_to_simple", key="done")],
        },
    )


def _chunks() -> Iterator[Draft]:
    """Instants are exact, epochs new, and a chunk is told of one whose answer was lost, or of leads to leave out."""
    yield from _drafts(
        "CONV-9.5",
        "classic",
        {
            "conversion.instant.exact": [
                world(clock="2026-03-14T15:09:26.535897+00:00"),
                do(1, "convert_lead", lead_id=1),
            ]
        },
    )
    yield from _drafts(
        "SWITCH-4.2",
        "simple",
        {
            "switch.epoch.of-before": [
                do(1, "switch_to_classic"),
                do(1, "add_lead", fields={"title": "One lamp"}),
                do(1, "begin_switch", key="first"),
                do(0, "convert_chunk", token=said(2), size=10),
                call(1, "outcomes", epoch=said(0, "epoch")),
                call(1, "outcomes", epoch=said(2, "epoch")),
            ]
        },
    )
    live = token("switching")

    def chunk(**given: Any) -> Json:
        return do(0, "convert_chunk", token=live, **given)

    yield from _drafts(
        "SWITCH-4.7 SWITCH-2.1 SWITCH-9.4",
        "switching",
        {
            "switch.lost.committed": [chunk(size=1), chunk(size=1, lost=said(0, "rows")), chunk(size=1)],
            "switch.lost.never-committed": [chunk(size=1, lost=[_row(1)])],
            "switch.lost.closed-since": [chunk(size=10, lost=[_row(3)])],
            "switch.lost.set-aside-since": [
                do(0, "set_aside", token=live, lead_id=1, code="odd"),
                chunk(size=10, lost=[_row(1)]),
            ],
            "switch.lost.others-left-out": [chunk(size=10, without=[1]), chunk(size=10)],
        },
    )


def _row(lead_id: int) -> Json:
    """What a chunk would have answered of a lead, had it been committed."""
    nothing: Json = dict.fromkeys(("contact_id", "company_id", "amount"))
    lists: Json = {"activity_ids": [], "not_carried": []}
    return {"lead_id": lead_id, "deal_id": 99, **nothing, **lists, "converted_at": "2026-03-14T15:00:00+00:00"}


def _setup() -> Iterator[Draft]:
    """The success stage under another code, the default pipeline, and names that would read as others."""
    stages = [("OPEN", "P"), ("SOLD", "S"), ("LOST", "F")]
    define = do(
        1,
        "define_lead_stages",
        version=1,
        stages={"stages": [{"code": code, "name": None, "semantics": meaning} for code, meaning in stages]},
    )
    yield from _drafts(
        "STAGE-1.8 STAGE-1.9",
        "new-classic",
        {
            "stage.replace.all-unused": [
                define,
                do(1, "add_lead", fields={}),
                do(1, "convert_lead", lead_id=said(1, "number")),
            ],
            "stage.replace.frozen": [do(1, "begin_switch", key="first"), define],
        },
    )
    names = [
        do(
            1,
            "define_pipeline",
            version=0,
            pipeline={
                "id": 9,
                "name": f"Serv{sign}ice",
                "stages": [{"code": "NEW", "name": None, "semantics": "P"}],
                "archived": False,
            },
        )
        for sign in _OVERRIDES
    ]
    small = do(1, "add_lead", fields={"amount": {"amount": "1", "currency": "eur"}})
    yield from _drafts("DATA-1.3", "classic", {"data.limit.pipeline-name.overrides": names})
    yield from _drafts("CSV-5.3", "classic", {"data.limit.currency.small-letters": [small]})
    yield from _drafts(
        "POLICY-2.4",
        "classic",
        {
            "policy.archive-default.other-in-force": [
                call(1, "switch_to_simple", key="first", policy=_ELSEWHERE),
                do(1, "archive_pipeline", pipeline_id=0),
            ]
        },
    )


def _records() -> Iterator[Draft]:
    """Edits, lists, and what an activity moves and keeps."""
    edit = do(1, "edit_record", ref=["lead", 3], version=1, fields={"comments": "Sorry"})
    brought = {**document("classic")["activities"][0], "id": 60, "subject": "Brought", "completed": True}
    del brought["deleted_at"], brought["bindings"]
    closed = {"active": False}
    yield from _drafts(
        "DATA-3.1 CONV-6.6",
        "classic",
        {
            "data.version.closed-lead.activity-added": [
                do(1, "add_activity", fields={"kind": "call"}, bound_to=[["lead", 3]]),
                edit,
            ],
            "data.version.closed-lead.activity-bound": [do(1, "bind_activity", activity_id=1, ref=["lead", 3]), edit],
        },
    )
    yield from _drafts(
        "CONV-9.3",
        "classic",
        {
            "data.edit.converted.comments-and-title": [
                do(1, "edit_record", ref=["lead", 4], version=1, fields={"comments": "Paid", "title": "Other"})
            ]
        },
    )
    yield from _drafts(
        "CONV-6.2",
        "classic",
        {
            "data.unbind.one-after-the-other": [
                do(1, "add_activity", fields={"kind": "call"}, bound_to=[["deal", 1], _BOB, ["company", 1]]),
                do(1, "unbind_activity", activity_id=said(0, "number"), ref=["deal", 1]),
                do(1, "unbind_activity", activity_id=said(0, "number"), ref=_BOB),
            ]
        },
    )
    yield from _drafts(
        "POLICY-4.2",
        "classic",
        {
            "import.activity.completed-at-no-instant": [
                do(1, "import_records", activities=[[brought, [["lead", 1]]]]),
                do(1, "complete_activity", activity_id=60),
                do(1, "edit_activity", activity_id=60, version=1, fields={"completed": True, "subject": "Kept"}),
                do(1, "convert_lead", lead_id=1, policy={**_ELSEWHERE, "keep_activities": False}),
            ]
        },
    )
    yield from _drafts(
        "PERM-9.2",
        "classic",
        {
            "rights.page.closed-alone": [
                do(1, "edit_record", ref=["deal", 1], version=1, fields={"stage": "WON"}),
                *(call(1, f"{kind}_page", **closed) for kind in ("lead", "deal", "activity")),
            ]
        },
    )
    yield from _drafts(
        "DATA-1.16",
        "classic",
        {
            "data.audit.unreadable": [world(unreadable=[1, 6]), call(1, "audit")],
            "data.export.unreadable": [world(unreadable=[1, 6]), call(1, "export")],
        },
    )
    yield from _drafts(
        "PERM-7.2 STAGE-1",
        "classic",
        {
            "rights.order.add-lead.unknown-stage-of-missing-client": [
                do(1, "add_lead", fields={"stage": "NOWHERE", "contact_id": 99}),
            ]
        },
    )


def _intake() -> Iterator[Draft]:
    """Of several clients without deals the first, an address that finds nobody, and comments that fill a touch."""

    def inquiry(*points: str, **fields: Any) -> Json:
        return do(1, "take_inquiry", channel="email", fields={**fields, "contact_points": _points(*points)})

    twin = do(1, "add_record", kind="contact", fields={"contact_points": _points("twin@example.org")})
    yield from _drafts("INTAKE-3.4", "simple", {"intake.sender.twins": [twin, twin, inquiry("twin@example.org")]})
    yield from _drafts(
        "INTAKE-6.5", "simple", {"intake.known.phone-without-key": [inquiry("bob@example.org", "ask at the desk")]}
    )
    yield from _drafts(
        "INTAKE-6.7",
        "classic",
        {"intake.note.without-room": [inquiry("ann@example.com", comments="x" * 65_530, job_title="Buyer")]},
    )


def _person() -> Iterator[Draft]:
    """What is somebody's, told before it is erased, and what is left of it."""
    for kind, add in {Kind.DEAL: "deal", Kind.CONTACT: "contact", Kind.COMPANY: "company"}.items():
        names = set(_fields_of(add))
        filled = fields_of(kind, **{name: value for name, value in FILLED.items() if name in names})
        yield Draft(
            id=f"data.erase.everything.{add}",
            given="classic",
            when=[
                do(1, "add_record", kind=add, fields=filled),
                do(1, "erase_records", refs=[[add, said(0, "number")]]),
                call(1, add, **{f"{add}_id": said(0, "number")}),
            ],
            rules=("DATA-5.2",),
        )
    lead = do(1, "add_lead", fields={"title": "By e-mail alone", "contact_points": _points("Bob@example.org")})
    shared = [
        do(1, "add_lead", fields={"title": name, "contact_points": _points(*emails)})
        for name, emails in {
            "one": ("one@example.org",),
            "one and two": ("one@example.org", "two@example.org"),
            "two": ("two@example.org",),
        }.items()
    ]
    hidden = [
        do(1, "edit_record", ref=["company", 2], version=1, fields={"contact_points": []}),
        do(1, "delete_lead", lead_id=4),
        call(1, "erasure", ref=_CARL),
        call(1, "erase", ref=_CARL),
    ]
    first = ["lead", said(0, "number")]
    for name, steps in {
        "by-links": [call(1, "erasure", ref=_BOB), call(1, "contact", contact_id=1)],
        "by-e-mail": [lead, call(1, "erasure", ref=_BOB), call(1, "erase", ref=_BOB), call(1, "audit")],
        "of-lead": [call(1, "erasure", ref=["lead", 2]), call(1, "erase", ref=["lead", 2]), call(1, "audit")],
        "of-company": [call(1, "erasure", ref=["company", 1]), call(1, "erase", ref=["company", 1])],
        "of-shared-e-mail": [*shared, call(1, "erasure", ref=first), call(1, "erase", ref=first)],
        "through-deleted-lead": hidden,
        "twice": [call(1, "erase", ref=_BOB), call(1, "erase", ref=_BOB)],
        "of-nobody": [call(1, "erasure", ref=["contact", 99]), call(1, "erase", ref=["contact", 99])],
    }.items():
        yield Draft(id=f"data.erasure.{name}", given="classic", when=steps, rules=("DATA-4", "DATA-5"))
    yield from _drafts("DATA-5 SWITCH-7", "switching", {"data.erasure.while-switching": [call(1, "erase", ref=_BOB)]})
    for person in ("manager", "own", "reader", "stranger", "chief-without-companies"):
        yield Draft(
            id=f"rights.erasure.{person}",
            given="classic",
            when=[call(PEOPLE[person][0], name, ref=["lead", 4]) for name in ("erasure", "erase")],
            rules=("DATA-5.1",),
        )
    yield from _drafts(
        "DATA-5.2",
        "classic",
        {
            "data.erase.two-people": [
                do(1, "add_activity", fields={"kind": "meeting"}, bound_to=[_BOB, _CARL]),
                do(1, "erase_records", refs=[_BOB]),
                do(1, "erase_records", refs=[_CARL]),
            ]
        },
    )


def _fields_of(kind: str) -> Iterator[str]:
    """The fields that a card of this kind can be given."""
    table = {"deal": "deals", "contact": "contacts", "company": "companies"}[kind]
    yield from (name for name in document("classic")[table][0] if name not in ("id", "created_at", "lead_id"))
