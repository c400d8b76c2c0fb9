"""Which refusal is answered where two things stand against a command (PERM-7): each pair of grounds that can meet.

A command has obstacles, at most one or two of each ground. Each is tried alone, so that it is shown to refuse at all,
and each pair of two grounds together.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any

from attrs import evolve, field, frozen

from tools.vectors.commands import ARCHIVED_POLICY, GONE_POLICY, POLICY, imported
from tools.vectors.drafts import Draft, Json, call, do
from tools.vectors.scenes import LIVE_POLICY, token

__all__ = ["DOCUMENTS", "GIVENS", "drafts"]

DOCUMENTS: Mapping[str, Callable[[], object]] = {}
GIVENS: Mapping[str, Json] = {
    name: {"document": name, "plan": plan} for name, plan in (("back", True), ("orphan", True))
} | {"back-without-plan": {"document": "back", "plan": False}}


@frozen(kw_only=True)
class _Obstacle:
    """One thing that stands against a command: on which ground, and what it changes in the question."""

    name: str
    ground: str
    actor: int | None = None
    given: str | None = None
    before: tuple[Json, ...] = ()
    arguments: Mapping[str, Any] = field(factory=dict)

    def meets(self, other: "_Obstacle") -> bool:
        """Whether both can stand at once."""
        same = self.arguments.keys() & other.arguments.keys()
        return (
            self.ground != other.ground
            and not (self.given and other.given)
            and not (self.actor and other.actor)
            and not any(self.arguments[key] != other.arguments[key] and not _joins(self, other, key) for key in same)
        )

    def with_(self, other: "_Obstacle") -> "_Obstacle":
        """Both at once."""
        arguments = dict(self.arguments)
        for key, value in other.arguments.items():
            known = arguments.get(key)
            arguments[key] = {**known, **value} if isinstance(known, dict) and isinstance(value, dict) else value
        return evolve(
            self,
            name=f"{self.name}-and-{other.name}",
            actor=self.actor or other.actor,
            given=self.given or other.given,
            before=self.before + other.before,
            arguments=arguments,
        )


def _joins(one: _Obstacle, other: _Obstacle, key: str) -> bool:
    """Whether the two change different parts of one argument."""
    first, second = one.arguments[key], other.arguments[key]
    return isinstance(first, dict) and isinstance(second, dict) and not first.keys() & second.keys()


@frozen(kw_only=True)
class _Question:
    """A command that would be accepted, and what can stand against it."""

    name: str
    command: str
    given: str
    arguments: Mapping[str, Any]
    obstacles: tuple[_Obstacle, ...]

    def asked(self, *obstacles: _Obstacle) -> Draft:
        all_ = obstacles[0] if len(obstacles) == 1 else obstacles[0].with_(obstacles[1])
        base = _Obstacle(name="", ground="", arguments=self.arguments)
        arguments = base.with_(evolve(all_, actor=None, given=None, before=())).arguments
        actor = 0 if "token" in arguments else all_.actor or 1
        step = (
            call(actor, self.command, **arguments)
            if self.command == "preview_switch"
            else do(actor, self.command, **arguments)
        )
        return Draft(
            id=f"rights.order.{self.name}.{all_.name}",
            given=all_.given or self.given,
            when=[*all_.before, step],
            rules=("PERM-7",),
        )


def _permission(actor: int = 7, name: str = "not-permitted") -> _Obstacle:
    return _Obstacle(name=name, ground="permission", actor=actor)


def _at(ground: str, name: str, **arguments: Any) -> _Obstacle:
    return _Obstacle(name=name, ground=ground, arguments=arguments)


def _in(ground: str, name: str, given: str) -> _Obstacle:
    return _Obstacle(name=name, ground=ground, given=given)


def _key(command: str, **arguments: Any) -> _Obstacle:
    """The key was used for something else before, by the administrator."""
    return _Obstacle(
        name="key-conflict",
        ground="key",
        before=(do(1, command, key="form-1", **arguments),),
        arguments={"key": "form-1"},
    )


_STALE = {"key": "live", "epoch": 99}
_QUESTIONS = (
    _Question(
        name="begin",
        command="begin_switch",
        given="back",
        arguments={"key": "first", "policy": POLICY},
        obstacles=(
            _permission(),
            _permission(3, "not-permitted-to-create"),
            _at("key", "key-conflict", key="done", policy={**POLICY, "client": "both"}),
            _Obstacle(
                name="switch-in-progress",
                ground="state",
                before=(do(1, "begin_switch", key="live", policy=LIVE_POLICY),),
            ),
            _at("pipeline", "archived-pipeline", policy={"pipeline_id": 2}),
        ),
    ),
    _Question(
        name="preview",
        command="preview_switch",
        given="back",
        arguments={"policy": POLICY},
        obstacles=(
            _permission(),
            _permission(3, "not-permitted-to-create"),
            _Obstacle(name="switch-in-progress", ground="state", before=(do(1, "begin_switch", key="live"),)),
            _at("pipeline", "unknown-pipeline", policy=GONE_POLICY),
        ),
    ),
    _Question(
        name="cancel",
        command="cancel_switch",
        given="switching",
        arguments={},
        obstacles=(
            _permission(),
            _in("state", "not-switching", "classic"),
            _in("plan", "no-plan", "switching-without-plan"),
        ),
    ),
    _Question(
        name="cancel-unlicensed",
        command="cancel_switch",
        given="switching",
        arguments={},
        obstacles=(_permission(2), _in("state", "not-switching-and-no-plan", "unlicensed")),
    ),
    _Question(
        name="to-classic",
        command="switch_to_classic",
        given="simple",
        arguments={},
        obstacles=(
            _permission(2),
            _in("state", "switch-in-progress", "switching"),
            _in("plan", "no-plan", "simple-without-plan"),
            _in("plan", "no-plan-in-unlicensed", "unlicensed"),
        ),
    ),
    _Question(
        name="to-classic-switching",
        command="switch_to_classic",
        given="simple",
        arguments={},
        obstacles=(_permission(2), _in("state", "switch-in-progress-and-no-plan", "switching-without-plan")),
    ),
    _Question(
        name="add-lead",
        command="add_lead",
        given="simple",
        arguments={"fields": {"title": "One lamp"}},
        obstacles=(
            _permission(6),
            _key("add_lead", fields={"title": "Another lamp", "stage": "JUNK"}),
            _in("pipeline", "archived-pipeline", "orphan"),
            _at("record", "missing-client", fields={"contact_id": 99}),
            _at("record", "unknown-stage", fields={"stage": "NOWHERE"}),
        ),
    ),
    _Question(
        name="add-lead-in-stage",
        command="add_lead",
        given="classic",
        arguments={"fields": {"title": "One lamp"}},
        obstacles=(
            _permission(6),
            _key("add_lead", fields={"title": "Another lamp"}),
            _at("record", "unknown-stage", fields={"stage": "NOWHERE"}),
        ),
    ),
    _Question(
        name="copy",
        command="copy_lead",
        given="simple",
        arguments={"lead_id": 4},
        obstacles=(
            _permission(6, "not-permitted-to-add"),
            _at("permission", "missing-lead", lead_id=99),
            _key("add_lead", fields={"title": "Another lamp", "stage": "JUNK"}),
            _in("pipeline", "archived-pipeline", "orphan"),
        ),
    ),
    _Question(
        name="edit-stage",
        command="edit_record",
        given="classic",
        arguments={"ref": ["lead", 3], "version": 1, "fields": {"stage": "NEW"}},
        obstacles=(
            _permission(),
            _permission(6, "not-permitted-to-update"),
            _in("state", "not-in-classic", "simple"),
            _in("state", "not-while-switching", "switching"),
            _at("record", "stale-version", version=9),
            _at("record", "missing-client", fields={"company_id": 99}),
        ),
    ),
    _Question(
        name="edit-converted",
        command="edit_record",
        given="classic",
        arguments={"ref": ["lead", 4], "version": 1, "fields": {"stage": "NEW"}},
        obstacles=(
            _permission(6, "not-permitted-to-update"),
            _in("state", "not-in-classic", "simple"),
            _at("record", "stale-version", version=9),
            _at("record", "already-converted"),
        ),
    ),
    _Question(
        name="edit-deal",
        command="edit_record",
        given="classic",
        arguments={"ref": ["deal", 1], "version": 1, "fields": {}},
        obstacles=(
            _permission(6, "not-permitted-to-update"),
            _at("pipeline", "archived-pipeline", fields={"pipeline_id": 2}),
            _at("record", "stale-version", version=9),
            _at("record", "unknown-stage", fields={"stage": "NOWHERE"}),
            _at("record", "missing-client", fields={"contact_id": 99}),
        ),
    ),
    _Question(
        name="close",
        command="close_lead",
        given="classic",
        arguments={"lead_id": 1},
        obstacles=(
            _permission(6, "not-permitted-to-update"),
            _at("permission", "missing-lead", lead_id=99),
            _at("record", "unknown-stage", stage="NOWHERE"),
        ),
    ),
    _Question(
        name="close-converted",
        command="close_lead",
        given="classic",
        arguments={"lead_id": 4, "stage": "NOWHERE"},
        obstacles=(_permission(6, "not-permitted-to-update"), _at("record", "converted-in-unknown-stage")),
    ),
    _Question(
        name="reopen",
        command="reopen_lead",
        given="classic",
        arguments={"lead_id": 3},
        obstacles=(
            _permission(6, "not-permitted-to-update"),
            _in("state", "not-in-classic", "simple"),
            _in("state", "not-unlicensed", "unlicensed"),
            _at("record", "unknown-stage", stage="NOWHERE"),
            _at("record", "already-converted", lead_id=4),
        ),
    ),
    _Question(
        name="convert",
        command="convert_lead",
        given="classic",
        arguments={"lead_id": 1, "policy": POLICY},
        obstacles=(
            _permission(6, "not-permitted-to-update"),
            _permission(14, "not-permitted-to-create"),
            _at("pipeline", "archived-pipeline", policy=ARCHIVED_POLICY),
            _at("record", "lead-closed", lead_id=3),
        ),
    ),
    _Question(
        name="add-deal",
        command="add_record",
        given="classic",
        arguments={"kind": "deal", "fields": {"title": "One"}},
        obstacles=(
            _permission(6),
            _key("add_record", kind="company", fields={"title": "One"}),
            _at("pipeline", "unknown-pipeline", fields={"pipeline_id": 77}),
            _at("record", "unknown-stage", fields={"stage": "NOWHERE"}),
            _at("record", "missing-client", fields={"contact_id": 99}),
        ),
    ),
    _Question(
        name="add-activity",
        command="add_activity",
        given="classic",
        arguments={"fields": {"kind": "call"}, "bound_to": [["lead", 1]]},
        obstacles=(
            _permission(6, "not-permitted-to-update"),
            _permission(),
            _key("add_activity", fields={"kind": "task"}, bound_to=[["lead", 2]]),
            _at("record", "already-converted", bound_to=[["lead", 4]]),
        ),
    ),
    _Question(
        name="unbind",
        command="unbind_activity",
        given="classic",
        arguments={"activity_id": 5, "ref": ["deal", 3]},
        obstacles=(
            _permission(6, "not-permitted-to-update"),
            _permission(),
            _at("record", "not-bound", ref=["lead", 3]),
            _at("record", "already-converted", ref=["lead", 4]),
        ),
    ),
    _Question(
        name="inquiry",
        command="take_inquiry",
        given="simple",
        arguments={"channel": "call", "fields": {"title": "Prices"}},
        obstacles=(
            _permission(9),
            _key("add_record", kind="company", fields={"title": "One"}),
            _in("pipeline", "archived-pipeline", "orphan"),
        ),
    ),
    _Question(
        name="import",
        command="import_records",
        given="simple",
        arguments={"leads": [imported(50)]},
        obstacles=(
            _permission(6),
            _at("state", "classic-only", leads=[imported(51, "NEW", "P")]),
            _at("record", "unknown-stage", leads=[imported(52, "NOWHERE", "F")]),
            _at("record", "record-differs", leads=[imported(3)]),
        ),
    ),
    _Question(
        name="import-both",
        command="import_records",
        given="simple",
        arguments={"leads": [imported(52, "NOWHERE", "F"), imported(51, "NEW", "P")]},
        obstacles=(_permission(6), _at("state", "classic-only-and-unknown-stage")),
    ),
    _Question(
        name="stages",
        command="define_lead_stages",
        given="classic",
        arguments={
            "version": 1,
            "stages": {
                "stages": [
                    {"code": "NEW", "name": "New", "semantics": "P"},
                    {"code": "CONVERTED", "name": "Good", "semantics": "S"},
                    {"code": "JUNK", "name": "Junk", "semantics": "F"},
                ]
            },
        },
        obstacles=(_permission(2), _at("record", "stale-version", version=5)),
    ),
    _Question(
        name="archive",
        command="archive_pipeline",
        given="classic",
        arguments={"pipeline_id": 1},
        obstacles=(
            _permission(2),
            _at("pipeline", "unknown-pipeline", pipeline_id=77),
            _at("record", "pipeline-in-use", pipeline_id=0),
            _in("record", "pipeline-of-live-switch", "switching"),
        ),
    ),
    _Question(
        name="chunk",
        command="convert_chunk",
        given="switching",
        arguments={"token": token("switching"), "size": 10},
        obstacles=(_at("state", "stale-token", token=_STALE), _in("state", "not-switching", "classic")),
    ),
    _Question(
        name="set-aside",
        command="set_aside",
        given="switching",
        arguments={"token": token("switching"), "lead_id": 1, "code": "odd"},
        obstacles=(
            _at("state", "stale-token", token=_STALE),
            _in("state", "not-switching", "classic"),
            _at("record", "lead-closed", lead_id=3),
        ),
    ),
)


def drafts() -> Iterator[Draft]:
    """Each obstacle alone, and each pair."""
    for question in _QUESTIONS:
        for obstacle in question.obstacles:
            yield question.asked(obstacle)
        for first, second in combinations(question.obstacles, 2):
            if first.meets(second):
                yield question.asked(first, second)
