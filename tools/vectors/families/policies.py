"""The three options: each choice of each, carried out by a whole switch, and the policy of whoever names none."""

from collections.abc import Callable, Iterator, Mapping

from tools.vectors.drafts import Draft, Json, call, do, said
from tools.vectors.scenes import STATES

__all__ = ["CHOICES", "DOCUMENTS", "GIVENS", "drafts", "whole"]

DOCUMENTS: Mapping[str, Callable[[], object]] = {}
GIVENS: Mapping[str, Json] = {}

#: Every policy by name.
CHOICES: Mapping[str, Json] = {
    f"{client}.{'keep' if keep else 'complete'}.{pipeline}": {
        "client": client,
        "pipeline_id": id,
        "keep_activities": keep,
    }
    for client in ("contact", "company", "both")
    for keep in (True, False)
    for pipeline, id in {"default": None, "partners": 1}.items()
}


def whole(policy: Json, *, key: str = "first", first: int = 0, size: int = 10) -> list[Json]:
    """Begin, convert all in one chunk, finish; `first` is the number of the first of these steps."""
    return [
        do(1, "begin_switch", key=key, policy=policy),
        do(0, "convert_chunk", token=said(first), size=size),
        do(0, "finish_switch", token=said(first)),
    ]


def drafts() -> Iterator[Draft]:
    """The vectors."""
    for name, policy in CHOICES.items():
        yield Draft(
            id=f"policy.whole.{name}",
            given="classic",
            when=[*whole(policy), call(1, "switch_named", key="first")],
            rules=("POLICY-1", "POLICY-2", "POLICY-3", "POLICY-4", "POLICY-7", "SWITCH-1", "SWITCH-3"),
        )
        yield Draft(
            id=f"policy.preview.{name}",
            given="classic",
            when=[call(1, "preview_switch", policy=policy)],
            rules=("SWITCH-12", "POLICY-7"),
        )
        yield Draft(
            id=f"policy.of-last-switch.{name}",
            given="classic",
            when=[
                *whole(policy),
                do(1, "add_lead", fields={"title": "One lamp"}),
                do(1, "take_inquiry", channel="chat", fields={"title": "Hello"}),
            ],
            rules=("POLICY-6", "INTAKE-2", "INTAKE-4"),
        )
        yield Draft(
            id=f"policy.of-live-switch.{name}",
            given="classic",
            when=[
                do(1, "begin_switch", key="first", policy=policy),
                do(1, "convert_lead", lead_id=1),
                do(1, "add_lead", fields={"title": "One lamp"}),
                do(1, "take_inquiry", channel="chat", fields={"title": "Hello"}),
            ],
            rules=("POLICY-6", "SWITCH-6", "INTAKE-2"),
        )
        yield Draft(
            id=f"policy.of-cancelled-switch.{name}",
            given="classic",
            when=[
                do(1, "begin_switch", key="first", policy=policy),
                do(1, "cancel_switch"),
                do(1, "convert_lead", lead_id=1),
            ],
            rules=("POLICY-6", "SWITCH-8"),
        )
        yield Draft(
            id=f"policy.by-hand.{name}",
            given="classic",
            when=[do(1, "convert_lead", lead_id=1, policy=policy), do(1, "convert_lead", lead_id=2, policy=policy)],
            rules=("POLICY-1", "POLICY-3", "POLICY-4", "SWITCH-11"),
        )
    for state in STATES:
        yield Draft(
            id=f"policy.archive-then-convert.{state}",
            given=state,
            when=[
                do(1, "archive_pipeline", pipeline_id=1),
                do(
                    1,
                    "convert_lead",
                    lead_id=1,
                    policy={"client": "contact", "pipeline_id": 1, "keep_activities": True},
                ),
            ],
            rules=("POLICY-2",),
        )
    for name, keys in {"last": (), "last-of-two": ("second",)}.items():
        policy = {"client": "company", "pipeline_id": 1, "keep_activities": True}
        steps = whole(policy)
        if keys:
            steps += [
                do(1, "switch_to_classic"),
                do(1, "add_lead", fields={"title": "Again"}),
                *whole({**policy, "client": "contact", "pipeline_id": 0}, key="second", first=5),
            ]
        yield Draft(
            id=f"policy.archive-pipeline-of.{name}",
            given="classic",
            when=[*steps, do(1, "archive_pipeline", pipeline_id=1)],
            rules=("POLICY-2", "POLICY-6"),
        )
    for name, client in {"contact": "contact", "company": "company", "both": "both"}.items():
        yield Draft(
            id=f"policy.other-choice-for-one.{name}",
            given="simple",
            when=[
                do(1, "switch_to_classic"),
                do(1, "add_lead", fields={"title": "One"}),
                do(
                    1,
                    "convert_lead",
                    lead_id=said(1, "number"),
                    policy={"client": client, "pipeline_id": 1, "keep_activities": True},
                ),
            ],
            rules=("POLICY-6", "POLICY-7"),
        )
