"""What the command line prints with `--json`, held to its published schema and read back each time."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from crmcore.adapters.cli.work.documents import json_row, load_document, schema

__all__ = ["SCHEMA", "printed", "validator_of"]

SCHEMA = schema()


@cache
def _places() -> dict[str, int]:
    """Where each document stands in the schema, by its format: each has one of its own."""
    Draft202012Validator.check_schema(SCHEMA)
    names = [each["$ref"].removeprefix("#/$defs/") for each in SCHEMA["oneOf"]]
    parts = [SCHEMA["$defs"][name] for name in names]
    assert all("format" in part["required"] for part in parts)
    places = {part["properties"]["format"]["enum"][0]: place for place, part in enumerate(parts)}
    assert len(places) == len(names)
    return places


@cache
def validator_of(format: str) -> Draft202012Validator:
    """The part of the schema that is about one document; to look at all of them takes several times as long."""
    return Draft202012Validator({**SCHEMA["oneOf"][_places()[format]], "$defs": SCHEMA["$defs"]})


def printed(text: str) -> dict[str, Any]:
    """The document of a text: within the schema, and equal after it was read back, in its order too."""
    document: dict[str, Any] = json.loads(text)
    validator_of(document["format"]).validate(document)
    assert json.dumps(json_row(load_document(document))) == json.dumps(document)
    return document
