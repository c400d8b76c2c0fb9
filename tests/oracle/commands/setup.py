"""Stages, pipelines and settings (STAGE-1, POLICY-2)."""

from tests.oracle.commands.keyed import number
from tests.oracle.refusals import No, Row
from tests.oracle.rights import asks_settings
from tests.oracle.world import World

__all__ = ["archive_pipeline", "change_settings", "define_lead_stages", "define_pipeline"]


def define_lead_stages(world: World, actor: int, command: Row) -> Row:
    """Replace the catalogue: meanings stay, and a stage that a lead is in stays too."""
    asks_settings(world, actor)
    stages = command["stages"]["stages"]
    if command["version"] != world.version("stages"):
        raise No("stale_version", "stages", 0)
    _asks_meanings(world.stages, stages)
    used = {lead["stage"] for _, lead in world.every("lead")}
    codes = {stage["code"] for stage in stages}
    if world.live is not None:
        used.add(world.live["terms"]["lead_stage"])
    for stage in world.stages:
        if stage["code"] not in codes and stage["code"] in used:
            raise No("stage_in_use", "stages", stage["code"])
    world.stages = stages
    world.move("stages")
    return {"answer": "version", "version": world.version("stages") + 1}


def _asks_meanings(before: list[Row], after: list[Row], pipeline_id: int | None = None) -> None:
    meanings = {stage["code"]: stage["semantics"] for stage in before}
    for stage in after:
        if meanings.get(stage["code"], stage["semantics"]) != stage["semantics"]:
            raise No(
                "stage_meaning_fixed",
                *(("stages", stage["code"]) if pipeline_id is None else ("pipeline", pipeline_id)),
            )


def define_pipeline(world: World, actor: int, command: Row) -> Row:
    """Add a pipeline, or change one that was read in this version; no stage of it is ever removed (D-18)."""
    asks_settings(world, actor)
    pipeline = command["pipeline"]
    id = pipeline["id"]
    stored = world.get("pipeline", id)
    if command["version"] != (0 if stored is None else world.version("pipeline", id)):
        raise No("stale_version", "pipeline", id)
    if stored is not None:
        _asks_meanings(stored["stages"], pipeline["stages"], id)
        if {stage["code"] for stage in stored["stages"]} - {stage["code"] for stage in pipeline["stages"]}:
            raise No("stage_in_use", "pipeline", id)
    if pipeline["archived"] != (stored is not None and stored["archived"]):
        raise No("pipeline_in_use", "pipeline", id)
    world.put("pipeline", id, pipeline)
    return {"answer": "version", "version": 1 if stored is None else command["version"] + 1}


def archive_pipeline(world: World, actor: int, command: Row) -> Row:
    """Archive a pipeline that no switch and nobody's default needs (POLICY-2, D-9, D-26)."""
    asks_settings(world, actor)
    id = command["pipeline_id"]
    stored = world.get("pipeline", id)
    if stored is None:
        raise No("unknown_pipeline", "pipeline", id)
    used = {0, (world.settings["last_policy"] or {}).get("pipeline_id") or 0}
    if world.live is not None:
        used.add(world.live["terms"]["pipeline_id"])
    if id in used:
        raise No("pipeline_in_use", "pipeline", id)
    if not stored["archived"]:
        world.change("pipeline", id, archived=True)
    return number(id)


def change_settings(world: World, actor: int, command: Row) -> Row:
    """Change the match setting, or what a repeat inquiry becomes."""
    asks_settings(world, actor)
    given = {name: command[name] for name in ("match", "repeat_inquiry") if command[name] is not None}
    world.change_settings(**given)
    return {"answer": "settings", **world.settings}
