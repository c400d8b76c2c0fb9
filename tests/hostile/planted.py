"""A CRM whose every personal text has a canary in it, made from the seeds of the contract suite."""

import json
from functools import cache
from typing import Any

from crmcore.adapters.document import dump_crm, load_crm
from crmcore.domain.model.image import CrmImage
from crmcore.testing.contracts.seeds import SEEDS
from tests.hostile.trials import CANARY

__all__ = ["PLANTED", "planted"]

#: The names of the CRMs.
PLANTED = tuple(SEEDS)

#: Texts that are codes, instants or numbers, and so no personal data.
_CODES = {
    "stage", "semantics", "source", "kind", "type", "currency", "birth_date", "created_at", "completed_at",
    "deleted_at", "deadline", "amount",
}  # fmt: skip
_REFERENCES = {"unbound", "bindings", "observers"}
#: A text that is longer may be at its limit.
_LONG = 100
#: The lists of records that are about people.
_PERSONAL = ("leads", "deals", "contacts", "companies", "activities")


@cache
def planted(name: str) -> CrmImage:
    """The CRM of this seed, with a canary in every text of a person."""
    document = json.loads(dump_crm(SEEDS[name]()))
    for part in _PERSONAL:
        document[part] = [_marked(row) for row in document[part]]
    return load_crm(json.dumps(document))


def _marked(value: Any, key: str = "") -> Any:
    if key == "custom":
        return {code: _marked_custom(each) for code, each in value.items()}
    if isinstance(value, dict):
        return {name: each if name in _CODES else _marked(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return value if key in _REFERENCES else [_marked(each, key) for each in value]
    if not isinstance(value, str) or not value.strip():
        return value
    marked = f"{CANARY}-{value}"
    # A text at its limit stays one.
    return marked[: len(value)] if len(value) > _LONG else marked


def _marked_custom(typed: dict[str, Any]) -> dict[str, Any]:
    return {**typed, "value": _marked(typed["value"])} if typed["type"] in ("text", "texts") else typed
