"""One vector: its steps one after the other, and what has changed in the end (docs/spec/vectors.md)."""

from typing import Any

from tests.oracle.commands import CALLS, COMMANDS
from tests.oracle.limits import bad_part
from tests.oracle.modes import state_of
from tests.oracle.refusals import Fault, No, NotJudged, Row
from tests.oracle.world import World

__all__ = ["answered", "judge"]


def judge(line: Row) -> Row:
    """What must come of a vector, or why this oracle cannot say."""
    world = first = World(line["given"])
    answers: list[Row | None] = []
    try:
        for step in line["when"]:
            answer, world = answered(world, _resolved(step, answers))
            answers.append(answer)
    except NotJudged as why:
        return {"skipped": str(why)}
    return {"answers": answers, "state": state_of(world), "changed": world.changed(first)}


def answered(world: World, step: Row) -> tuple[Row | None, World]:
    """What one step is answered, and the world afterwards: the same one where nothing has changed."""
    if "set" in step:
        world = world.copy()
        world.set(step["set"])
        return None, world
    name = step.get("command", step.get("call"))
    handler = (COMMANDS if "command" in step else CALLS).get(str(name))
    if handler is None:
        raise NotJudged(f"{name} is not judged")
    bad = bad_part(step)
    if bad is not None:
        return {"answer": "invalid_value", "field": bad}, world
    trial = world.copy()
    try:
        answer = handler(trial, step["actor"], step)
    except (No, Fault) as refused:
        return refused.answer, world
    trial.commit(world)
    return answer, trial


def _resolved(value: Any, answers: list[Row | None]) -> Any:
    """A value in which `{"step": 0, "part": "row.deal_id"}` stands for what step 0 has answered."""
    if isinstance(value, list):
        return [_resolved(each, answers) for each in value]
    if not isinstance(value, dict):
        return value
    if "step" in value and value.keys() <= {"step", "part"}:
        found: Any = answers[value["step"]]
        for part in filter(None, value.get("part", "").split(".")):
            found = found[int(part)] if isinstance(found, list) else found[part]
        return found
    return {name: _resolved(each, answers) for name, each in value.items()}
