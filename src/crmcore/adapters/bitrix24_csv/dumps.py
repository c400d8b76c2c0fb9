"""Lists and objects of a program inside a cell: JSON, or what Python prints for the same."""

import json
import re
from typing import Any

__all__ = ["DUMP_LIMIT", "field_of", "read_dump"]

#: The longest cell that is read as a list or an object, in characters.
DUMP_LIMIT = 65_535

_TOKEN = re.compile(r"""'((?:[^'\\]|\\.)*)'|("(?:[^"\\]|\\.)*")|\b(None|True|False)\b""", re.DOTALL)
_WORDS = {"None": "null", "True": "true", "False": "false"}
_ESCAPE = re.compile(r"""\\x([0-9a-fA-F]{2})|\\(')|(?<!\\)(")""")


def read_dump(cell: str) -> list[Any] | None:
    """The items of a list that a cell holds, a single object as a list of one; nothing where it is none.

    >>> read_dump("[{'VALUE': '+1 555', 'ID': 5}]"), read_dump('["a", null]'), read_dump("[a]"), read_dump("a")
    ([{'VALUE': '+1 555', 'ID': 5}], ['a', None], None, None)
    """
    text = cell.strip()
    if text[:1] not in ("[", "{") or len(text) > DUMP_LIMIT:
        return None
    for form in (text, _TOKEN.sub(_as_json, text)):
        try:
            found = json.loads(form)
        except (ValueError, RecursionError):
            continue
        return found if isinstance(found, list) else [found]
    return None


def _as_json(token: re.Match[str]) -> str:
    single, double, word = token.groups()
    if word is not None:
        return _WORDS[word]
    return str(double) if single is None else f'"{_ESCAPE.sub(_escaped, single)}"'


def _escaped(escape: re.Match[str]) -> str:
    code, quote, _ = escape.groups()
    if code is not None:
        return f"\\u00{code}"
    return "'" if quote else '\\"'


def field_of(item: dict[str, Any], name: str) -> Any:
    """What an object says under a name, however it spells it: `VALUE_TYPE`, `valueType`, `value_type`."""
    wanted = name.replace("_", "").casefold()
    return next((value for key, value in item.items() if key.replace("_", "").casefold() == wanted), None)
