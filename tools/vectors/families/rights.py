"""Rights that no other family meets: roles that add up, pipelines, hidden records, pages, and a right that is lost."""

from collections.abc import Callable, Iterator, Mapping

from tools.vectors.commands import POLICY
from tools.vectors.drafts import Draft, Json, call, do, said, world
from tools.vectors.scenes import LIVE_POLICY, PEOPLE, ROLES, token

__all__ = ["DOCUMENTS", "GIVENS", "drafts"]

DOCUMENTS: Mapping[str, Callable[[], object]] = {}
GIVENS: Mapping[str, Json] = {}

_Levels = list[list[object]]
_LEVELS = ("none", "own", "open", "all")
#: A lead of its own, one that is open to all, and one of somebody else, for the actor 4 and for the actor 2.
_OWNERS = {"own": (4, 1), "open-to-all": (4, 2), "of-another": (2, 3)}


def drafts() -> Iterator[Draft]:
    """The vectors."""
    yield from _levels()
    yield from _sums()
    yield from _beginners()
    yield from _losses()
    yield from _pages()
    yield from _keys()


def _roles(actor: int, *levels: _Levels) -> Json:
    given = {str(actor): [{"name": f"role {n}", "levels": each} for n, each in enumerate(levels, 1)]}
    return {**ROLES["staff"], **given}


def _levels() -> Iterator[Draft]:
    """Each operation at each level on a lead of one's own, an open one, and one of another."""
    steps: dict[str, Callable[[int, int], Json]] = {
        "read": lambda actor, lead: call(actor, "lead", lead_id=lead),
        "update": lambda actor, lead: do(actor, "close_lead", lead_id=lead),
        "delete": lambda actor, lead: do(actor, "delete_lead", lead_id=lead),
    }
    for operation, step in steps.items():
        for level in _LEVELS:
            for owner, (actor, lead) in _OWNERS.items():
                grants: _Levels = [[operation, "lead", None, level]]
                if operation != "read":
                    grants.append(["read", "lead", None, "all"])
                yield Draft(
                    id=f"rights.level.{operation}.{level}.{owner}",
                    given="classic",
                    when=[world(roles=_roles(actor, grants)), step(actor, lead)],
                    rules=("PERM-5", "PERM-6"),
                )
    for level in _LEVELS:
        for owner, fields in {
            "own": {},
            "of-another": {"responsible": 2},
            "open-to-all": {"responsible": 2, "opened": True},
        }.items():
            yield Draft(
                id=f"rights.level.add.{level}.{owner}",
                given="classic",
                when=[
                    world(roles=_roles(4, [["add", "lead", None, level]])),
                    do(4, "add_lead", fields={"title": "One lamp", **fields}),
                ],
                rules=("PERM-5", "PERM-6"),
            )


def _sums() -> Iterator[Draft]:
    """Of several roles the highest level of each operation counts; of a pipeline its own or the one for all."""
    own: _Levels = [["update", "lead", None, "own"]]
    all_: _Levels = [["update", "lead", None, "all"]]
    read: _Levels = [["read", "lead", None, "all"]]
    sums: Mapping[str, tuple[_Levels, ...]] = {
        "low-then-high": (read, own, all_),
        "high-then-low": (all_, own, read),
        "both-low": (read, own, own),
        "read-alone": (read, [["add", "lead", None, "all"]]),
    }
    for name, levels in sums.items():
        yield Draft(
            id=f"rights.sum.{name}",
            given="classic",
            when=[world(roles=_roles(2, *levels)), do(2, "close_lead", lead_id=1)],
            rules=("PERM-5",),
        )
    in_pipelines: Mapping[str, _Levels] = {
        "here": [["read", "deal", 1, "all"], ["update", "deal", 1, "all"]],
        "elsewhere": [["read", "deal", None, "all"], ["update", "deal", 0, "all"]],
        "everywhere": [["read", "deal", 1, "all"], ["update", "deal", None, "all"]],
        "lower-here": [["read", "deal", None, "all"], ["update", "deal", None, "all"], ["update", "deal", 1, "none"]],
        "own-here": [["read", "deal", None, "all"], ["update", "deal", 1, "own"]],
    }
    for name, grants in in_pipelines.items():
        for deal in (1, 2):
            yield Draft(
                id=f"rights.pipeline.{name}.{'default' if deal == 1 else 'partners'}",
                given="classic",
                when=[
                    world(roles=_roles(4, grants)),
                    call(4, "deal", deal_id=deal),
                    do(4, "edit_record", ref=["deal", deal], version=1, fields={"title": "Other"}),
                    call(4, "deals"),
                ],
                rules=("PERM-5", "PERM-6"),
            )
    yield Draft(
        id="rights.administrator.with-none-besides",
        given="classic",
        when=[
            world(roles={"1": [{"name": "none", "levels": [["read", "lead", None, "none"]]}, *ROLES["staff"]["1"]]}),
            do(1, "close_lead", lead_id=1),
        ],
        rules=("PERM-5",),
    )


def _beginners() -> Iterator[Draft]:
    """Who may begin with which policy: the settings right, and the right to add each kind that is made (PERM-3)."""
    for person in ("chief", "chief-without-companies", "settings", "partner", "manager"):
        actor = PEOPLE[person][0]
        for client in ("contact", "company", "both"):
            for pipeline, id in {"default": None, "partners": 1}.items():
                policy = {"client": client, "pipeline_id": id, "keep_activities": True}
                for name, step in {
                    "begin": do(actor, "begin_switch", key="first", policy=policy),
                    "preview": call(actor, "preview_switch", policy=policy),
                    "convert": do(actor, "convert_lead", lead_id=1, policy=policy),
                }.items():
                    yield Draft(
                        id=f"rights.to-create.{name}.{person}.{client}.{pipeline}",
                        given="classic",
                        when=[step],
                        rules=("PERM-3",),
                    )
    yield Draft(
        id="rights.to-create.repeat-lead",
        given="classic",
        when=[
            world(
                roles=_roles(
                    4, [["read", "lead", None, "all"], ["update", "lead", None, "all"], ["add", "deal", None, "all"]]
                )
            ),
            do(4, "convert_lead", lead_id=2),
            do(4, "convert_lead", lead_id=1),
        ],
        rules=("PERM-3", "CONV-2"),
    )


def _losses() -> Iterator[Draft]:
    """A switch is the company's: whoever has the token goes on, whoever lost the right does not begin again."""
    nobody: Json = {}
    begin = do(12, "begin_switch", key="first", policy=POLICY)
    chunk = do(0, "convert_chunk", token=said(1), size=10)
    for name, step in {
        "chunk": do(0, "convert_chunk", token=said(0), size=10),
        "set-aside": do(0, "set_aside", token=said(0), lead_id=1, code="odd"),
        "report": call(0, "switch_report", token=said(0)),
        "begin-again": begin,
        "resume": do(12, "resume_switch"),
        "retry": do(12, "retry_switch"),
        "cancel": do(12, "cancel_switch"),
        "status": call(12, "switch_status"),
    }.items():
        yield Draft(
            id=f"rights.lost.{name}",
            given="classic",
            when=[begin, world(roles=nobody), step],
            rules=("PERM-4", "PERM-2"),
        )
    yield Draft(
        id="rights.lost.finish",
        given="classic",
        when=[
            begin,
            world(roles=nobody),
            do(0, "convert_chunk", token=said(0), size=10),
            do(0, "finish_switch", token=said(0)),
        ],
        rules=("PERM-4",),
    )
    yield Draft(
        id="rights.settings-right-alone.resumes",
        given="switching",
        when=[do(3, "resume_switch"), do(0, "convert_chunk", token=said(0), size=10), do(3, "retry_switch")],
        rules=("PERM-3", "PERM-4"),
    )
    yield Draft(
        id="rights.hidden-lead.is-converted",
        given="classic",
        when=[
            world(
                roles={
                    "4": [
                        {
                            "name": "settings",
                            "settings": True,
                            "levels": [["add", kind, None, "own"] for kind in ("deal", "contact", "company")],
                        }
                    ]
                }
            ),
            do(4, "begin_switch", key="first"),
            chunk,
            call(4, "lead", lead_id=1),
        ],
        rules=("PERM-3",),
    )
    stale: Json = {"key": "nobody", "epoch": token("switching")["epoch"]}
    for name, given in {"other-key": stale, "other-epoch": {"key": "live", "epoch": 1}}.items():
        yield Draft(
            id=f"rights.token.{name}",
            given="switching",
            when=[
                do(0, "convert_chunk", token=given, size=10),
                do(0, "set_aside", token=given, lead_id=1, code="odd"),
                do(0, "finish_switch", token=given),
                call(0, "switch_report", token=given),
            ],
            rules=("PERM-4",),
        )


def _pages() -> Iterator[Draft]:
    """A list comes by page, and every actor finds in it what it may read."""
    for person, (actor, _) in PEOPLE.items():
        for name in ("lead", "deal", "contact", "company", "activity"):
            yield Draft(
                id=f"rights.whole-list.{name}.{person}",
                given="back",
                when=[call(actor, f"{name}_page", limit=1000)],
                rules=("PERM-9", "PERM-6"),
            )
    for name in ("lead", "deal", "contact", "company", "activity"):
        yield Draft(
            id=f"rights.page-after.{name}",
            given="back",
            when=[
                call(1, f"{name}_page", limit=2),
                call(1, f"{name}_page", limit=2, after=said(0, "after")),
            ],
            rules=("PERM-9",),
        )
    for name, filters in {
        "active-leads": ("lead_page", {"active": True}),
        "closed-leads": ("lead_page", {"active": False}),
        "leads-of-client": ("lead_page", {"of": ["contact", 1]}),
        "deals-of-client": ("deal_page", {"of": ["company", 1]}),
        "closed-deals": ("deal_page", {"active": False}),
        "contacts-of-company": ("contact_page", {"of": ["company", 1]}),
        "open-activities": ("activity_page", {"active": True}),
        "activities-of-lead": ("activity_page", {"of": ["lead", 1], "active": False}),
    }.items():
        method, arguments = filters
        for person in ("administrator", "own", "open"):
            yield Draft(
                id=f"rights.filter.{name}.{person}",
                given="back",
                when=[call(PEOPLE[person][0], method, **arguments)],  # type: ignore[arg-type]  # filters by name
                rules=("PERM-9",),
            )


def _keys() -> Iterator[Draft]:
    """The permission is asked before the key (PERM-7), also of a command that was carried out before."""
    commands: dict[str, Json] = {
        "add-lead": do(2, "add_lead", key="form-1", fields={"title": "One lamp"}),
        "copy-lead": do(2, "copy_lead", key="form-1", lead_id=2),
        "add-deal": do(2, "add_record", key="form-1", kind="deal", fields={"title": "One"}),
        "add-activity": do(2, "add_activity", key="form-1", fields={"kind": "call"}, bound_to=[["lead", 2]]),
        "inquiry": do(2, "take_inquiry", key="form-1", channel="call", fields={"title": "One"}),
    }
    for name, step in commands.items():
        for state in ("classic", "simple"):
            yield Draft(
                id=f"rights.key-after-loss.{name}.{state}",
                given=state,
                when=[step, world(roles={}), step],
                rules=("PERM-7", "EDIT-1"),
            )
            yield Draft(
                id=f"rights.key-of-another.{name}.{state}",
                given=state,
                when=[step, {**step, "actor": 1}],
                rules=("EDIT-1",),
            )
    yield Draft(
        id="rights.policy-of-live-switch.by-another",
        given="switching",
        when=[
            do(12, "begin_switch", key="live", policy=LIVE_POLICY),
            do(13, "begin_switch", key="live", policy=LIVE_POLICY),
        ],
        rules=("PERM-3", "SWITCH-10"),
    )
