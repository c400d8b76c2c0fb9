"""The limits of values: one that just fits, and one that does not, with the place that is named (DATA-1)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tools.vectors.drafts import Draft, Json, call, do

__all__ = ["DOCUMENTS", "GIVENS", "drafts"]

DOCUMENTS: Mapping[str, Callable[[], object]] = {}
GIVENS: Mapping[str, Json] = {}


def _lead(**fields: Any) -> Json:
    return do(1, "add_lead", fields=fields)


def _points(count: int) -> list[Json]:
    return [{"kind": "email", "type": "WORK", "value": f"{number}@example.com"} for number in range(count)]


def _money(amount: str) -> Json:
    return {"amount": amount, "currency": "EUR"}


def _custom(value: Any, type: str = "text", code: str = "UF_X") -> Json:
    return {code: {"type": type, "value": value}}


_STEPS: Mapping[str, Json] = {
    "line.fits": _lead(title="x" * 255),
    "line.too-long": _lead(title="x" * 256),
    "line.with-break": _lead(title="one\ntwo"),
    "line.with-tab": _lead(job_title="one\ttwo"),
    "line.with-nul": _lead(title="one\0two"),
    "line.with-escape": _lead(comments="one\x1b[1mtwo"),
    "line.with-override": _lead(title="kept \u202eto the letter"),
    "line.spaces-around": _lead(title="  Desks  "),
    "text.fits": _lead(comments="x" * 65_535),
    "text.too-long": _lead(comments="x" * 65_536),
    "text.with-breaks": _lead(comments="one\n\ttwo\r\nthree"),
    "text.blank": _lead(comments=" \n "),
    "name.too-long": _lead(name={"honorific": None, "first": "x" * 256, "middle": None, "last": None}),
    "code.fits": do(1, "take_inquiry", channel="x" * 100, fields={}),
    "code.too-long": do(1, "take_inquiry", channel="x" * 101, fields={}),
    "code.with-space": do(1, "take_inquiry", channel="a call", fields={}),
    "code.empty": do(1, "take_inquiry", channel="", fields={}),
    "code.of-source": _lead(source="a source"),
    "code.of-stage": do(1, "close_lead", lead_id=1, stage="a stage"),
    "code.of-mark": do(0, "set_aside", token={"key": "live", "epoch": 2}, lead_id=1, code="two words"),
    "key.fits": do(1, "add_lead", key="k" * 100, fields={}),
    "key.too-long": do(1, "add_lead", key="k" * 101, fields={}),
    "key.empty": do(1, "add_lead", key="", fields={}),
    "key.with-space": do(1, "add_lead", key="two words", fields={}),
    "key.with-break": do(1, "add_lead", key="two\nlines", fields={}),
    "key.without-width": do(1, "add_lead", key="zero\u200bwidth", fields={}),
    "key.of-switch": do(1, "begin_switch", key="k" * 101),
    "key.of-token": do(0, "finish_switch", token={"key": "", "epoch": 2}),
    "epoch.zero": do(0, "finish_switch", token={"key": "live", "epoch": 0}),
    "amount.fits": _lead(amount=_money("12345678901234567890.0123456789")),
    "amount.too-many-before": _lead(amount=_money("123456789012345678901")),
    "amount.too-many-after": _lead(amount=_money("0.01234567891")),
    "amount.with-exponent": _lead(amount=_money("1e30")),
    "amount.negative": _lead(amount=_money("-12.50")),
    "amount.zeros-kept": _lead(amount=_money("12.500")),
    "currency.unknown-shape": _lead(amount={"amount": "1", "currency": "euro"}),
    "currency.none": _lead(amount={"amount": "1", "currency": None}),
    "id.zero": do(1, "close_lead", lead_id=0),
    "id.negative": do(1, "close_lead", lead_id=-1),
    "id.highest": do(1, "close_lead", lead_id=9_223_372_036_854_775_807),
    "id.of-client": _lead(contact_id=0),
    "id.of-user": _lead(responsible=0),
    "id.of-pipeline": do(1, "archive_pipeline", pipeline_id=-1),
    "version.zero": do(1, "edit_record", ref=["lead", 1], version=0, fields={"title": "x"}),
    "size.zero": do(0, "convert_chunk", token={"key": "live", "epoch": 2}, size=0),
    "shard.outside": do(0, "convert_chunk", token={"key": "live", "epoch": 2}, size=1, shard=[2, 2]),
    "points.fits": _lead(contact_points=_points(200)),
    "points.too-many": _lead(contact_points=_points(201)),
    "point.too-long": _lead(contact_points=[{"kind": "website", "type": "WORK", "value": "x" * 2_001}]),
    "point.blank": _lead(contact_points=[{"kind": "email", "type": "WORK", "value": " "}]),
    "observers.fits": _lead(observers=list(range(1, 201))),
    "observers.too-many": _lead(observers=list(range(1, 202))),
    "custom.too-many": _lead(custom={f"UF_{number}": {"type": "integer", "value": number} for number in range(501)}),
    "custom.code-with-space": _lead(custom=_custom("x", code="UF X")),
    "custom.integer-too-high": _lead(custom=_custom(2**63 - 1, "integer")),
    "custom.texts-too-many": _lead(custom=_custom(["x"] * 1_001, "texts")),
    "custom.text-blank": _lead(custom=_custom(" ")),
    "bindings.fits": do(1, "add_activity", fields={"kind": "call"}, bound_to=[["contact", 1]]),
    "bindings.none": do(1, "add_activity", fields={"kind": "call"}, bound_to=[]),
    "bindings.too-many": do(
        1, "add_activity", fields={"kind": "call"}, bound_to=[["lead", number] for number in range(1, 202)]
    ),
    "stages.too-many": do(
        1,
        "define_lead_stages",
        version=1,
        stages={
            "stages": [
                *[{"code": f"S{number}", "name": None, "semantics": "P"} for number in range(200)],
                {"code": "WON", "name": None, "semantics": "S"},
            ]
        },
    ),
    "stage-name.with-override": do(
        1,
        "define_lead_stages",
        version=1,
        stages={
            "stages": [
                {"code": "NEW", "name": "\u202eweN", "semantics": "P"},
                {"code": "WON", "name": None, "semantics": "S"},
                {"code": "LOST", "name": None, "semantics": "F"},
            ]
        },
    ),
    "pipeline-name.too-long": do(
        1,
        "define_pipeline",
        pipeline={
            "id": 9,
            "name": "x" * 256,
            "stages": [{"code": "NEW", "name": None, "semantics": "P"}],
            "archived": False,
        },
    ),
    "policy.pipeline": do(
        1, "begin_switch", key="first", policy={"client": "contact", "pipeline_id": -1, "keep_activities": True}
    ),
    "instant.without-zone": do(1, "add_activity", fields={"deadline": "2026-05-01T09:30:00"}, bound_to=[["lead", 1]]),
    "instant.other-zone": do(
        1, "add_activity", fields={"deadline": "2026-05-01T09:30:00+05:30"}, bound_to=[["lead", 1]]
    ),
    "date.kept": _lead(birth_date="1980-02-29"),
    "date.no-day": _lead(birth_date="1981-02-29"),
    "page.zero": call(1, "lead_page", limit=0),
    "page.too-long": call(1, "lead_page", limit=1_001),
    "page.before-first": call(1, "lead_page", after=-1),
}


def drafts() -> Iterator[Draft]:
    """The vectors."""
    for name, step in _STEPS.items():
        yield Draft(id=f"data.limit.{name}", given="classic", when=[step], rules=("DATA-1",), needs=("limits",))
        if (
            step.get("actor") == 1
            and step.get("command") == "add_lead"
            and name.endswith(("line.too-long", "points.too-many"))
        ):
            yield Draft(
                id=f"data.limit.{name}.before-permission",
                given="classic",
                when=[{**step, "actor": 7}],
                rules=("DATA-1", "PERM-7"),
            )
    yield Draft(
        id="data.limit.bindings.one-more",
        given="widely-bound",
        when=[
            do(1, "bind_activity", activity_id=1, ref=["contact", 201]),
            do(1, "unbind_activity", activity_id=1, ref=["contact", 1]),
            do(1, "bind_activity", activity_id=1, ref=["contact", 201]),
        ],
        rules=("CONV-6", "PERM-7"),
    )
