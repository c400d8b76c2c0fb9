"""The state of a CRM, the policy and the terms in force, and the token of a live switch (MODE-3, MODE-6, POLICY-6)."""

from tests.oracle.refusals import No, Row
from tests.oracle.world import World

__all__ = [
    "DEFAULT_POLICY",
    "asks_token",
    "is_same_policy",
    "kinds_of",
    "last_policy",
    "opens",
    "settled",
    "state_of",
    "terms_now",
]

DEFAULT_POLICY: Row = {"client": "contact", "pipeline_id": None, "keep_activities": True}


def state_of(world: World) -> str:
    """One of the five states; Unlicensed and Blocked are derived (MODE-6)."""
    if world.live is not None:
        left, marks = world.active(), world.marks()
        return "blocked" if left and all(id in marks for id in left) else "switching"
    if world.settings["mode"] == "simple":
        return "simple"
    return "classic" if world.plan else "unlicensed"


def opens(world: World, pipeline_id: int | None) -> Row:
    """The pipeline that new deals may go to: it is there and not archived (POLICY-2)."""
    row = world.get("pipeline", pipeline_id or 0)
    if row is None or row.get("archived"):
        raise No("unknown_pipeline", "pipeline", pipeline_id or 0)
    return row


def settled(world: World, policy: Row) -> Row:
    """The terms of a policy: pipeline, first stage, success stage and match setting (SWITCH-4)."""
    pipeline = opens(world, policy["pipeline_id"])
    return {
        "client": policy["client"],
        "pipeline_id": pipeline["id"],
        "deal_stage": next(stage["code"] for stage in pipeline["stages"] if stage["semantics"] == "P"),
        "lead_stage": next(stage["code"] for stage in world.stages if stage["semantics"] == "S"),
        "keep_activities": policy["keep_activities"],
        "match": world.settings["match"],
    }


def last_policy(world: World) -> Row:
    """The policy of whoever names none: the live switch's, the last finished one's, or the default (POLICY-6)."""
    if world.live is not None:
        return {name: world.live["terms"][name] for name in DEFAULT_POLICY}
    return world.settings["last_policy"] or DEFAULT_POLICY


def terms_now(world: World) -> Row:
    """The terms of what is converted at once: frozen while a switch is live (SWITCH-6)."""
    if world.live is not None:
        terms: Row = world.live["terms"]
        return terms
    return settled(world, last_policy(world))


def kinds_of(policy: Row) -> tuple[str, ...]:
    """The kinds of clients that a policy makes, the company first (POLICY-1, CONV-1)."""
    return tuple(kind for kind in ("company", "contact") if policy["client"] in (kind, "both"))


def is_same_policy(terms: Row, policy: Row) -> bool:
    """Whether a switch has these terms by this policy; nobody need name the default pipeline (SWITCH-10, POLICY-2)."""
    named = {**policy, "pipeline_id": policy["pipeline_id"] or 0}
    return all(terms[name] == named[name] for name in DEFAULT_POLICY)


def asks_token(world: World, token: Row) -> Row:
    """The live switch, if the token is its own (PERM-4, SWITCH-4)."""
    live = world.live
    if live is None or (live["key"], live["epoch"]) != (token["key"], token["epoch"]):
        raise No("stale_switch", *(("switch", token["key"]) if live else ()))
    return live
