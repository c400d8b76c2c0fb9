"""A whole switch in one call: begin, convert chunk by chunk, finish (SWITCH-4, SWITCH-5)."""

from collections.abc import Callable

from tests.oracle.commands.preview import no_report, report_on, switch_report
from tests.oracle.commands.switch import begin_switch, convert_chunk, finish_switch
from tests.oracle.modes import DEFAULT_POLICY
from tests.oracle.refusals import No, Row
from tests.oracle.world import World

__all__ = ["run_switch", "switch_to_simple"]

#: How many leads a chunk takes where nobody says otherwise.
_CHUNK = 1000


def _committed(world: World, command: Callable[[World, int, Row], Row], actor: int, step: Row) -> Row:
    """One step in a commit of its own."""
    trial = world.copy()
    answer = command(trial, actor, step)
    trial.commit(world)
    world.__dict__.update(trial.__dict__)
    return answer


def switch_to_simple(world: World, actor: int, call: Row) -> Row:
    """Begin, or join the switch of the same key, and carry it to its end."""
    policy = call.get("policy") or DEFAULT_POLICY
    begun = _committed(world, begin_switch, actor, {"key": call["key"], "policy": policy})
    if begun["answer"] == "no_change":
        return no_report(world)
    if begun["answer"] == "switch_done":
        return report_on(world, begun["switch"])
    return run_switch(world, actor, {**call, "token": {"key": begun["key"], "epoch": begun["epoch"]}})


def run_switch(world: World, actor: int, call: Row) -> Row:
    """Convert what is left, finish, and report; a cancelled switch is reported too, another token is refused."""
    token = call["token"]
    size = min(call.get("chunk") or _CHUNK, call.get("pace") or _CHUNK)
    step = {"token": token, "size": size, "shard": [0, 1], "without": [], "lost": []}
    try:
        while _committed(world, convert_chunk, actor, step)["rows"]:
            pass
        _committed(world, finish_switch, actor, {"token": token})
    except No as refused:
        switch = world.get("switch", token["key"])
        if switch is None or switch["epoch"] != token["epoch"]:
            raise
        if switch["ended"] is None:
            raise AssertionError("a live switch goes on") from refused
    return switch_report(world, actor, {"token": token})
