"""What the command line prints with `--json`, held to its published schema and read back each time."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from crmcore.adapters.cli.work.documents import json_row, load_document, schema

__all__ = ["printed"]


@cache
def _validator() -> Draft202012Validator:
    made = schema()
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


def printed(text: str) -> dict[str, Any]:
    """The document of a text: within the schema, and equal after it was read back, in its order too."""
    document: dict[str, Any] = json.loads(text)
    _validator().validate(document)
    assert json.dumps(json_row(load_document(document))) == json.dumps(document)
    return document
