"""What is wrong with the document of a CRM, told from its JSON alone; nothing of crmcore is used here.

Three questions: does a value keep its limit (docs/spec/data.md), does a link lead somewhere, do the laws hold that a
reader of the document can check: one lead one deal, stages mean what they say, numbers of a switch add up.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

__all__ = ["damage_of"]

Json = dict[str, Any]

_HIGHEST = 2**63 - 1
_CLIENTS = {"contact_id": "contacts", "company_id": "companies"}
_TABLES = {"lead": "leads", "deal": "deals", "contact": "contacts", "company": "companies", "activity": "activities",
           "pipeline": "pipelines"}  # fmt: skip


def damage_of(document: Json) -> list[str]:
    """Everything that is wrong, each in a few words; a document of another shape raises what Python raises."""
    return [*_of_limits(document), *_of_links(document), *_of_laws(document)]


def _of_limits(document: Json) -> Iterator[str]:
    for name in ("leads", "deals", "contacts", "companies", "activities", "pipelines"):
        for row in document[name]:
            if not _is_number(row["id"], 0 if name == "pipelines" else 1):
                yield f"{name}: id"
            yield from (f"{name} {row['id']}: {each}" for each in _of_card(row))
    for stages in (document["stages"], *(pipeline["stages"] for pipeline in document["pipelines"])):
        codes = [stage["code"] for stage in stages]
        if not 0 < len(stages) <= 200 or len(set(codes)) < len(codes) or not all(map(_is_code, codes)):
            yield "stages"
        if any(stage["semantics"] not in ("P", "S", "F") for stage in stages):
            yield "the meaning of a stage"
    if [stage["semantics"] for stage in document["stages"]].count("S") != 1:
        yield "not one success stage"
    for row in document["ledger"]:
        yield from (f"ledger {row['lead_id']}: {each}" for each in _of_card(row))


def _of_card(row: Json) -> Iterator[str]:
    for key, value in row.items():
        if value is None:
            continue
        if key in ("name", "address", "origin", "utm") and isinstance(value, dict):
            yield from _of_card({name: each for name, each in value.items() if name not in ("id", "source")})
        elif key in _LIMITS and not _LIMITS[key](value):
            yield key


def _of_links(document: Json) -> Iterator[str]:
    there = {name: {row["id"] for row in document[name]} for name in _TABLES.values()}
    for name in ("leads", "deals", "contacts", "companies"):
        for row in document[name]:
            for key, table in {**_CLIENTS, "lead_id": "leads", "deal_id": "deals"}.items():
                if row.get(key) is not None and row[key] not in there[table]:
                    yield f"{name} {row['id']}: {key} leads nowhere"
    for row in document["deals"]:
        if "pipeline_id" in row and row["pipeline_id"] not in there["pipelines"]:  # a deleted deal has none
            yield f"deal {row['id']}: no such pipeline"
    for row in document["activities"]:
        for kind, id in row["bindings"]:
            if id not in there[_TABLES[kind]]:
                yield f"activity {row['id']}: bound to what is not there"
    for row in document["ledger"]:
        for key, table in {**_CLIENTS, "lead_id": "leads", "deal_id": "deals"}.items():
            if row[key] is not None and row[key] not in there[table]:
                yield f"ledger {row['lead_id']}: {key} leads nowhere"
        if not there["activities"].issuperset(row["activity_ids"]):
            yield f"ledger {row['lead_id']}: an activity is not there"
    epochs = {switch["epoch"] for switch in document["switches"]}
    for row in document["outcomes"]:
        if row["lead_id"] not in there["leads"] or row["epoch"] not in epochs:
            yield f"outcome {row['epoch']}/{row['lead_id']} leads nowhere"
    for row in document["commands"]:
        for kind, id in row["made"]:
            if kind in _TABLES and id not in there[_TABLES[kind]]:
                yield f"command {row['key']}: made what is not there"
    terms = [switch["terms"]["pipeline_id"] for switch in document["switches"]]
    policy = document["settings"]["last_policy"]
    terms += [policy["pipeline_id"]] if policy and policy["pipeline_id"] is not None else []
    if not there["pipelines"].issuperset(terms):
        yield "a switch: no such pipeline"


def _of_laws(document: Json) -> Iterator[str]:
    leads = {row["id"]: row for row in document["leads"]}
    deals = {row["id"]: row for row in document["deals"]}
    ledger = {row["lead_id"]: row for row in document["ledger"]}
    meaning = {stage["code"]: stage["semantics"] for stage in document["stages"]}
    for id, lead in leads.items():
        row = ledger.get(id)
        if "stage" in lead and meaning.get(lead["stage"]) != lead["semantics"]:
            yield f"lead {id}: its stage does not mean that"
        if row is not None and "stage" in lead and lead["semantics"] != "S":
            yield f"lead {id}: converted, and not in success"
        if (row is None) != (lead.get("deal_id") is None) or (row is not None and row["deal_id"] != lead["deal_id"]):
            yield f"lead {id}: its deal is not that of the ledger"
    for id, deal in deals.items():
        if deal["lead_id"] is not None and ledger.get(deal["lead_id"], {}).get("deal_id") != id:
            yield f"deal {id}: not the deal of its lead"
        if "stage" not in deal:
            continue  # it was deleted
        pipeline: Json = next(
            (each for each in document["pipelines"] if each["id"] == deal["pipeline_id"]), {"stages": []}
        )
        if (deal["stage"], deal["semantics"]) not in {(each["code"], each["semantics"]) for each in pipeline["stages"]}:
            yield f"deal {id}: its stage does not mean that"
    for id, row in ledger.items():
        if deals.get(row["deal_id"], {}).get("lead_id") != id:
            yield f"ledger {id}: the deal does not know the lead"
    active = sum(lead.get("semantics") == "P" for lead in leads.values())
    settings = document["settings"]
    live = settings["switching"]
    if settings["mode"] == "simple" and live is None and active:
        yield "active leads in Simple"
    if ([] if live is None else [live["key"]]) != [
        each["key"] for each in document["switches"] if each["ended"] is None
    ]:
        yield "the live switch is another one"
    for switch in document["switches"]:
        yield from _of_switch(
            switch, document["outcomes"], active if live and live["epoch"] == switch["epoch"] else None
        )


def _of_switch(switch: Json, outcomes: list[Json], active: int | None) -> Iterator[str]:
    of = [each for each in outcomes if each["epoch"] == switch["epoch"]]
    ended = sum(each["kind"] in ("converted", "already_converted", "closed", "deleted") for each in of)
    added = sum(each["added"] for each in of)
    left = switch["at_begin"] + added - ended
    # Leads that were added and are still active have no outcome yet, so only a surplus or a finished switch can tell.
    if switch["ended"] == "finished" and left != 0:
        yield f"switch {switch['key']}: its numbers do not add up"
    if active is not None and left > active:
        yield f"switch {switch['key']}: more leads are left than there are"


def _is_number(value: Any, lowest: int = 1) -> bool:
    return type(value) is int and lowest <= value <= _HIGHEST


def _is_text(value: Any, limit: int, breaks: str) -> bool:
    return (
        isinstance(value, str)
        and len(value) <= limit
        and (value.isprintable() or not any(_is_control(each) for each in {*value}.difference(breaks)))
    )


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs")  # neither is printable


def _is_code(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 100 and value.isprintable() and not re.search(r"\s", value)


def _is_instant(value: Any) -> bool:
    return (
        isinstance(value, str)
        and _is(datetime.fromisoformat, value)
        and datetime.fromisoformat(value).tzinfo is not None
    )


def _is_money(value: Any) -> bool:
    if value["currency"] is not None and not re.fullmatch("[A-Z]{3}", value["currency"]):
        return False
    try:
        amount = Decimal(value["amount"] or 0)
    except InvalidOperation:
        return False
    return amount.is_finite() and amount.adjusted() < 20 and -int(amount.as_tuple().exponent) <= 10


def _is_point(value: Any) -> bool:
    known = value["kind"] in ("phone", "email", "website", "messenger") and _is_code(value["type"])
    return known and (value["value"] is None or _is_text(value["value"], 2000, "\n\r\t"))  # a blank one goes


def _is(parse: Callable[[str], object], value: Any) -> bool:
    try:
        parse(value)
    except (TypeError, ValueError):
        return False
    return True


_LONG = ("comments", "full", "source_description", "stage_description", "description")
_LINES = (
    "title", "job_title", "company_title", "first", "middle", "last", "honorific", "street", "flat", "city", "region",
    "province", "postal_code", "country", "originator", "medium", "campaign", "content", "term", "subject",
)  # fmt: skip
_INSTANTS = ("created_at", "completed_at", "deleted_at", "deadline", "converted_at")

#: What each field of a card, of an activity or of a row of the ledger has to be, where it is filled.
_LIMITS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(_LINES, lambda value: _is_text(value, 255, "")),
    **dict.fromkeys(_LONG, lambda value: _is_text(value, 65_535, "\n\r\t")),
    **dict.fromkeys(_INSTANTS, _is_instant),
    **dict.fromkeys(("responsible", *_CLIENTS, "lead_id", "deal_id"), _is_number),
    **dict.fromkeys(("stage", "source", "kind"), _is_code),
    **dict.fromkeys(("opened", "completed", "archived"), lambda value: type(value) is bool),
    "birth_date": lambda value: _is(date.fromisoformat, value),
    "amount": _is_money,
    "observers": lambda value: len(value) <= 200 and all(map(_is_number, value)),
    "contact_points": lambda value: len(value) <= 200 and all(map(_is_point, value)),
}
