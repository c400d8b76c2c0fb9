"""The limits of what comes in: which part of a step is no value of a CRM, if one is not (DATA-1)."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.oracle.refusals import Row
from tests.oracle.world import filled

__all__ = ["bad_part"]

_HIGHEST = 2**63 - 1
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def _line(value: str) -> bool:
    return not value.strip() or (len(value) <= 255 and not _CONTROLS.search(value))


def _text(value: str) -> bool:
    return not value.strip() or (len(value) <= 65_535 and not _CONTROLS.search(re.sub("[\n\r\t]", "", value)))


def _name(value: str | None) -> bool:
    return value is None or (_line(value) and not _OVERRIDES.search(value))


def _code(value: str) -> bool:
    return 0 < len(value) <= 100 and value.isprintable() and not any(map(str.isspace, value))


def _key(value: str) -> bool:
    return 0 < len(value) <= 100 and value.isprintable() and bool(value.strip())


def _id(value: int, lowest: int = 1) -> bool:
    return lowest <= value <= _HIGHEST


def _count(value: int) -> bool:
    return _id(value, 0)


def _decimal(value: str) -> bool:
    with suppress(InvalidOperation):
        number = Decimal(value)
        exponent = number.as_tuple().exponent
        return isinstance(exponent, int) and exponent >= -10 and number.adjusted() < 20
    return False


def _day(value: str) -> bool:
    with suppress(ValueError):
        return bool(date.fromisoformat(value))
    return False


def _instant(value: str) -> bool:
    with suppress(ValueError):
        return datetime.fromisoformat(value).tzinfo is not None
    return False


def _lines(value: Row) -> bool:
    parts = value.items()
    return all(_text(part) if name == "full" else _line(part) for name, part in parts if part is not None)


def _money(value: Row) -> bool:
    amount, currency = value.get("amount"), value.get("currency")
    if amount is None and currency is None:
        return False
    return (amount is None or _decimal(amount)) and (currency is None or bool(re.fullmatch("[A-Z]{3}", currency)))


def _points(value: list[Row]) -> bool:
    good = all(_code(each["type"]) and len(each["value"]) <= 2000 and _text(each["value"]) for each in value)
    return good and sum(filled(each["value"]) for each in value) <= 200


def _ids(value: list[int]) -> bool:
    return len(value) <= 200 and all(map(_id, value))


_CUSTOM: dict[str, Callable[[Any], bool]] = {
    "text": _text,
    "texts": lambda value: len(value) <= 1000 and all(map(_text, value)),
    "integer": lambda value: -(2**63) <= value <= _HIGHEST,
    "decimal": _decimal,
    "date": _day,
    "instant": _instant,
    "yes_no": lambda value: True,
}


def _custom(value: Row) -> bool:
    good = all(_code(code) and _CUSTOM[each["type"]](each["value"]) for code, each in value.items())
    return good and len(value) <= 500


def _stages(value: list[Row]) -> bool:
    codes = Counter(stage["code"] for stage in value)
    is_whole = len(value) <= 200 and max(codes.values(), default=0) <= 1
    good = all(_code(stage["code"]) and _name(stage.get("name")) for stage in value)
    return good and is_whole and any(stage["semantics"] == "P" for stage in value)


def _lead_stages(value: Row) -> bool:
    stages = value["stages"]
    return _stages(stages) and sum(stage["semantics"] == "S" for stage in stages) == 1


def _pipeline(value: Row) -> bool:
    is_archived_default = value["id"] == 0 and value["archived"]
    return _count(value["id"]) and _name(value.get("name")) and _stages(value["stages"]) and not is_archived_default


def _ref(value: list[Any]) -> bool:
    return _id(value[1])


def _made_ref(value: list[Any]) -> bool:
    return value[0] in ("deal", "contact", "company") and _ref(value)


def _token(value: Row) -> bool:
    return _key(value["key"]) and _id(value["epoch"])


def _policy(value: Row) -> bool:
    return value["pipeline_id"] is None or _count(value["pipeline_id"])


def _shard(value: list[int]) -> bool:
    return 0 <= value[0] < value[1] <= _HIGHEST


#: What a field of a record may be, by its name.
_FIELDS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("title", "company_title", "job_title", "subject"), _line),
    **dict.fromkeys(("comments", "source_description", "stage_description", "description"), _text),
    **dict.fromkeys(("source", "stage", "kind"), _code),
    **dict.fromkeys(("responsible", "contact_id", "company_id"), _id),
    **dict.fromkeys(("name", "address", "origin", "utm"), _lines),
    **dict.fromkeys(("deadline", "created_at", "completed_at"), _instant),
    "amount": _money,
    "birth_date": _day,
    "contact_points": _points,
    "custom": _custom,
    "observers": _ids,
    "pipeline_id": _count,
}
#: What an argument of a command or a call may be, by its name.
_ARGUMENTS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("channel", "code", "stage"), _code),
    **dict.fromkeys(("lead_id", "activity_id", "deal_id", "contact_id", "company_id", "size", "chunk", "pace"), _id),
    "after": _count,
    "bound_to": lambda value: 0 < len(value) <= 200 and all(map(_ref, value)),
    "key": _key,
    "limit": lambda value: 1 <= value <= 1000,
    "of": _ref,
    "pipeline": _pipeline,
    "pipeline_id": _count,
    "policy": _policy,
    "ref": _ref,
    "shard": _shard,
    "stages": _lead_stages,
    "subject": _line,
    "token": _token,
    "version": lambda value: _id(value["version"] if isinstance(value, dict) else value),
    "without": lambda value: all(map(_id, value)),
}


def bad_part(step: Row) -> str | None:
    """The field or argument that is no value of a CRM, if there is one."""
    return next(_bad_parts(step), None)


def _bad_parts(step: Row) -> Iterator[str]:
    for name, value in step.items():
        if name == "version" and step.get("command") == "define_pipeline":
            checked: Callable[[Any], bool] = _count
        elif name == "ref" and step.get("command") == "delete_record":
            checked = _made_ref
        else:
            checked = _ARGUMENTS.get(name, lambda value: True)
        if value is not None and not checked(value):
            yield name
    yield from _bad_fields(step.get("fields", {}))
    if step.get("command") == "import_records":
        cards = (*step["leads"], *step["contacts"], *step["companies"], *(lead for lead, _ in step["updates"]))
        if not all(_id(version) for _, version in step["updates"]):
            yield "version"
        for row, bound in [*((card, None) for card in cards), *step["activities"]]:
            yield from _bad_fields(row)
            if not 1 <= row["id"] <= 2**62:
                yield "id"
            if bound is not None and not _ARGUMENTS["bound_to"](bound):
                yield "activities"


def _bad_fields(fields: Row) -> Iterator[str]:
    for name, value in fields.items():
        if value is not None and name in _FIELDS and not _FIELDS[name](value):
            yield name
