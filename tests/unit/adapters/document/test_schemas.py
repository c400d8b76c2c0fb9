"""The schema of each kind of type, command and answer, to the letter: another program reads by it."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from types import NoneType
from typing import Annotated, Any, Literal

import pytest

from crmcore import Kind, LeadId, Money, PointKind, Ref, Refused
from crmcore.adapters.document import schema
from crmcore.adapters.document.converter import CUSTOM, POINTS
from crmcore.adapters.document.schemas import Definitions
from crmcore.domain.model.fields import CompanyFields
from crmcore.domain.model.ids import CARDS
from crmcore.domain.model.outcomes import LeadOutcome, Reason
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.values import ContactPoints, CustomFields

Json = dict[str, Any]

WHOLE = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
TEXT = {"type": "string"}
NULL = {"type": "null"}
DECIMAL = {"type": "string", "pattern": r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"}
DAY = {"type": "string", "format": "date"}
INSTANT = {"type": "string", "format": "date-time"}
KINDS = {"enum": [each.value for each in Kind]}


def listed(items: Json) -> Json:
    """A list of any length."""
    return {"type": "array", "items": items}


def pair(*parts: Json) -> Json:
    """A list of just these."""
    return {"type": "array", "prefixItems": list(parts), "items": False, "minItems": len(parts)}


def whole(**parts: Json) -> Json:
    """An object with all of these keys and no others."""
    return {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}


def keyed(values: Json) -> Json:
    """An object whose keys are data."""
    return {"type": "object", "additionalProperties": values}


POINT_LIST = listed({"$ref": "#/$defs/ContactPoint"})
BINDINGS = listed(pair({"enum": [each.value for each in CARDS]}, WHOLE))
_VALUES: dict[str, Json] = {
    "text": TEXT,
    "integer": WHOLE,
    "decimal": DECIMAL,
    "yes_no": {"type": "boolean"},
    "date": DAY,
    "instant": INSTANT,
    "texts": listed(TEXT),
}
CUSTOM_VALUES = keyed({"oneOf": [whole(type={"const": name}, value=value) for name, value in _VALUES.items()]})
REFUSAL = whole(
    code={"enum": [each.value for each in Reason]},
    rule=TEXT,
    kind={"anyOf": [KINDS, NULL]},
    id={"anyOf": [WHOLE, TEXT, NULL]},
)
REFUSAL["properties"]["policy"] = {"$ref": "#/$defs/ModeSwitchPolicy"}  # only where the key of a switch is taken

TYPES: list[tuple[Any, Json]] = [
    (int, WHOLE),
    (LeadId, WHOLE),
    (str, TEXT),
    (bool, {"type": "boolean"}),
    (NoneType, NULL),
    (Decimal, DECIMAL),
    (date, DAY),
    (datetime, INSTANT),
    (CrmMode, {"enum": ["classic", "simple"]}),
    (PointKind, {"enum": [each.value for each in PointKind]}),
    (int | None, {"anyOf": [WHOLE, NULL]}),
    (Annotated[str, "mark"], TEXT),
    (Literal["a", "b"], {"enum": ["a", "b"]}),
    (tuple[int, ...], listed(WHOLE)),
    (tuple[int, str], pair(WHOLE, TEXT)),
    (tuple[int], pair(WHOLE)),
    (frozenset[int], {**listed(WHOLE), "uniqueItems": True}),
    (Mapping[str, int], keyed(WHOLE)),
    (Ref, pair(KINDS, {"anyOf": [WHOLE, TEXT]})),
    (frozenset[Ref], BINDINGS),
    (ContactPoints, POINT_LIST),
    (POINTS, POINT_LIST),
    (CustomFields, CUSTOM_VALUES),
    (CUSTOM, CUSTOM_VALUES),
    (Refused, REFUSAL),
    (Money, {"$ref": "#/$defs/Money"}),
    (LeadOutcome, {"$ref": "#/$defs/LeadOutcome"}),
    (CompanyFields, {"$ref": "#/$defs/CompanyFields"}),
]


@pytest.mark.parametrize("wanted, drawn", [pytest.param(*row, id=str(row[0])) for row in TYPES])
def test_each_kind_of_type_has_its_schema(wanted: Any, drawn: Json) -> None:
    """Numbers with their bounds, choices with their values, lists with their members."""
    assert Definitions().of(wanted) == drawn


def test_a_class_is_drawn_once_under_its_name() -> None:
    """All keys of a class are there and no others; of what a caller gives, any may be left out."""
    made = Definitions()
    made.of(Money)
    made.of(CompanyFields)
    amount, currency = {"anyOf": [DECIMAL, NULL]}, {"anyOf": [TEXT, NULL]}
    assert made.found["Money"] == whole(amount=amount, currency=currency)
    assert made.found["CompanyFields"]["required"] == []
    assert made.found["CompanyFields"]["additionalProperties"] is False
    assert made.found["CompanyFields"]["properties"]["title"] == {"anyOf": [TEXT, NULL]}


def test_a_record_that_can_be_deleted_is_one_of_two() -> None:
    """Whole without the instant of its deletion, or what is left with it."""
    made = Definitions()
    living, gone = made.record(Kind.LEAD)["oneOf"]
    assert living["properties"]["deleted_at"] == NULL
    assert living["required"][-1] == "deleted_at"
    link = {"anyOf": [WHOLE, NULL]}
    links = {"contact_id": link, "company_id": link, "deal_id": link, "lead_id": link}
    assert gone == whole(id=WHOLE, deleted_at=INSTANT, **links)
    assert made.record(Kind.DEAL)["oneOf"][1] == gone
    assert made.record(Kind.PIPELINE) == {"$ref": "#/$defs/Pipeline"}


def _of(family: str, name: str) -> Json:
    """The one member of a family that is of this name."""
    members: list[Json] = schema()["$defs"][family]["oneOf"]
    return next(each for each in members if each.get("properties", {}).get(family, {}).get("const") == name)


def test_the_schema_has_three_families() -> None:
    """Each by itself, and all of them as one."""
    made = schema()
    assert list(made) == ["$schema", "title", "oneOf", "$defs"]
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert made["title"] == "crmcore: commands, answers and events"
    assert made["oneOf"] == [{"$ref": f"#/$defs/{family}"} for family in ("command", "answer", "event")]
    assert list(made["$defs"])[:3] == ["command", "answer", "event"]


def test_commands_answers_and_events_say_what_they_are() -> None:
    """The first key names the class; fields and references are those of the kind."""
    stage = {"anyOf": [TEXT, NULL]}
    assert _of("command", "close_lead") == whole(command={"const": "close_lead"}, lead_id=WHOLE, stage=stage)
    fields, key = {"$ref": "#/$defs/LeadFields"}, {"anyOf": [TEXT, NULL]}
    assert _of("command", "add_lead") == whole(command={"const": "add_lead"}, fields=fields, key=key)
    assert _of("event", "lead_closed") == whole(event={"const": "lead_closed"}, lead_id=WHOLE)
    assert _of("answer", "number") == whole(answer={"const": "number"}, number=WHOLE)
    refused = whole(answer={"const": "refused"}, **REFUSAL["properties"])
    refused["required"].remove("policy")
    assert _of("answer", "refused") == refused
    token = whole(answer={"const": "switch_token"}, key=TEXT, epoch=WHOLE)
    assert _of("answer", "switch_token") == token


def test_a_command_on_several_kinds_is_one_of_them() -> None:
    """Each kind with its own fields."""
    families = schema()["$defs"]["command"]["oneOf"]
    several = {
        each["oneOf"][0]["properties"]["command"]["const"]: each["oneOf"] for each in families if "oneOf" in each
    }
    assert set(several) == {"add_record", "edit_record"}
    for each, kind in zip(several["add_record"], ("deal", "contact", "company"), strict=True):
        fields = {"$ref": f"#/$defs/{kind.capitalize()}Fields"}
        key = {"anyOf": [TEXT, NULL]}
        assert each == whole(command={"const": "add_record"}, kind={"const": kind}, fields=fields, key=key)
    for each, kind in zip(several["edit_record"], CARDS, strict=True):
        fields = {"$ref": f"#/$defs/{kind.value.capitalize()}Fields"}
        ref = pair({"const": kind.value}, WHOLE)
        read = whole(record=Definitions().record(kind), version=WHOLE)
        version = {"anyOf": [WHOLE, read]}
        assert each == whole(command={"const": "edit_record"}, ref=ref, version=version, fields=fields)


def test_a_record_with_its_version_says_its_kind() -> None:
    """One shape for each kind of record."""
    families = schema()["$defs"]["answer"]["oneOf"]
    (versioned,) = (each["oneOf"] for each in families if "oneOf" in each)
    made = Definitions()
    assert versioned[0] == whole(
        answer={"const": "versioned"}, kind={"const": "lead"}, record=made.record(Kind.LEAD), version=WHOLE
    )
    assert len({each["properties"]["kind"]["const"] for each in versioned}) == len(versioned) > 8
