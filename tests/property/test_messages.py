"""Commands, answers and events as JSON: every class that there is goes out and comes back, within the schema."""

import json
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from random import Random
from types import UnionType
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

import pytest
from attrs import fields, has
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from crmcore import InvalidValue, Kind
from crmcore.adapters.document import (
    dump_answer,
    dump_command,
    dump_event,
    load_answer,
    load_command,
    load_event,
    schema,
)
from crmcore.adapters.document.messages import ANSWERS, COMMANDS, EVENTS
from crmcore.domain.model.ids import Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.stages import LeadStages
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.model.values import Money
from crmcore.domain.protocol.commands import SetAside
from crmcore.domain.protocol.results import Versioned
from crmcore.testing import strategies as crm

Json = dict[str, Any]

FAMILIES: dict[str, tuple[dict[str, type], Any, Any]] = {
    "command": (COMMANDS, dump_command, load_command),
    "answer": (ANSWERS, dump_answer, load_answer),
    "event": (EVENTS, dump_event, load_event),
}
EACH = [
    pytest.param(family, cls, id=f"{family}-{name}") for family in FAMILIES for name, cls in FAMILIES[family][0].items()
]
SCHEMA = schema()


def _validator(family: str, position: int) -> Draft202012Validator:
    """The part of the schema that is about one class; all of it at once takes long to look at."""
    return Draft202012Validator({"$ref": f"#/$defs/{family}/oneOf/{position}", "$defs": SCHEMA["$defs"]})


VALID = {
    cls: _validator(family, position)
    for family in FAMILIES
    for position, cls in enumerate([*FAMILIES[family][0].values(), *([int] if family == "answer" else [])])
}
#: Where a class has rules of its own, its strategy knows them.
KNOWN: dict[Any, Any] = {
    bool: st.booleans,
    datetime: crm.instants,
    int: lambda: st.integers(1, 2**63 - 1),
    str: crm.codes,
    type(None): st.none,
    CrmMode: lambda: st.sampled_from(CrmMode),
    Lead: crm.leads,
    LeadStages: crm.lead_stages,
    Money: crm.money,
    Pipeline: crm.pipelines,
    Ref: lambda: st.builds(Ref, st.sampled_from(Kind), st.one_of(st.integers(1, 99), crm.codes())),
    Refused: lambda: st.builds(
        Refused, st.sampled_from(Reason), st.none() | KNOWN[Ref](), st.sampled_from((None, "X-1"))
    ),
    Versioned: lambda: st.builds(Versioned, RECORDS, st.integers(1, 9)),
}
RECORDS: st.SearchStrategy[Any] = st.deferred(
    lambda: st.one_of(
        crm.leads(),
        crm.deals(),
        crm.contacts(),
        crm.companies(),
        crm.activities(),
        crm.pipelines(),
        crm.lead_stages(),
        st.builds(
            Tombstone,
            kind=st.sampled_from((Kind.LEAD, Kind.ACTIVITY)),
            id=st.integers(1, 9),
            deleted_at=crm.instants(),
            deal_id=st.none() | st.integers(1, 9),
        ),
    )
)


@cache
def drawn(wanted: Any) -> st.SearchStrategy[Any]:
    """Values of any type that a field may have."""
    if isinstance(wanted, NewType):
        return drawn(wanted.__supertype__)
    if wanted in KNOWN:
        made: st.SearchStrategy[Any] = KNOWN[wanted]()
        return made
    origin, args = get_origin(wanted), get_args(wanted)
    if origin in (Union, UnionType):
        return st.one_of(*map(drawn, args))
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (tuple, Sequence):
        return st.lists(drawn(args[0]), max_size=3).map(tuple)
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        return st.sampled_from(wanted)
    types = {each.name: each.type for each in fields(wanted)} if has(wanted) else get_type_hints(wanted)
    return st.builds(wanted, **{name: drawn(each) for name, each in types.items()})


def examples(family: str, cls: type) -> st.SearchStrategy[Any]:
    """Values of a class; commands as hosts draw them."""
    if family == "command" and cls is not SetAside:
        return crm.commands(kind=cls)
    return drawn(cls)


STRANGE: tuple[Any, ...] = (None, True, -1, 2**63, 1.5, "", "no such thing", [], {}, {"x": 1}, [1, 2, 3])


def _changed(by: Random, value: Any) -> Any:
    """The value with something in it missing, added or strange."""
    if isinstance(value, dict) and value:
        key = by.choice(sorted(value))
        how = by.choice(("within", "within", "without", "more"))
        if how == "without":
            return {name: each for name, each in value.items() if name != key}
        if how == "more":
            return {**value, "no_such_key": by.choice(STRANGE)}
        return {**value, key: _changed(by, value[key])}
    if isinstance(value, list) and value and by.random() < 0.7:
        at = by.randrange(len(value))
        return [*value[:at], _changed(by, value[at]), *value[at + 1 :]]
    return by.choice(STRANGE)


@pytest.mark.parametrize("family, cls", EACH)
@given(data=st.data())
def test_what_goes_out_comes_back_and_what_is_damaged_is_refused_or_still_within_the_schema(
    family: str, cls: type, data: st.DataObject
) -> None:
    """Equal after JSON, in the class and in each type; nothing but `InvalidValue` comes of a damaged object.

    The schema takes everything that is written, and everything that is read.
    """
    _, dump, load = FAMILIES[family]
    value = data.draw(examples(family, cls))
    text = json.dumps(dump(value), allow_nan=False)
    whole = json.loads(text)
    assert whole == dump(value)
    VALID[cls].validate(whole)
    assert not VALID[cls].is_valid({**whole, "no_such_key": None})
    back = load(whole)
    assert type(back) is cls
    assert back == value
    assert json.dumps(dump(back)) == text
    damaged = _changed(Random(data.draw(st.integers(0, 2**32))), whole)
    try:
        load(damaged)
    except InvalidValue:
        return
    VALID[cls].validate(damaged)


@given(number=st.integers(-(2**63), 2**63 - 1))
def test_a_number_comes_back(number: int) -> None:
    """Ids and versions are answers too."""
    document = dump_answer(number)
    VALID[int].validate(document)
    assert load_answer(document) == number
