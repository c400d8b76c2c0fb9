"""Every text of a language by its place, as its file has them."""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

import attrs

from crmcore.adapters.words import Language
from crmcore.adapters.words.plurals import Plurals
from crmcore.adapters.words.texts import Counted, Phrase


def texts_in_file(data: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a parsed file: "buttons.preview", "pages.web.steps[1]", "staying.active_leads.other"."""
    return {place: value for place, value in _walk(data, "") if isinstance(value, str)}


def texts_of(language: Language) -> dict[str, str]:
    """The same of a language as the page has it."""
    return {place: value for place, value in _walk(language, "") if isinstance(value, str)}


def _walk(value: Any, place: str) -> Iterator[tuple[str, object]]:
    match value:
        case Phrase():
            yield place, value.template
        case Plurals():
            yield from _walk(value.rules, place)
        case Counted():
            yield from _walk(value.forms, place)
        case Mapping():
            for key, each in value.items():
                name = key.name.lower() if isinstance(key, Enum) else key
                yield from _walk(each, f"{place}.{name}" if place else name)
        case list() | tuple():
            for at, each in enumerate(value, start=1):
                yield from _walk(each, f"{place}[{at}]")
        case _ if attrs.has(type(value)):
            yield from _walk({each.name: getattr(value, each.name) for each in attrs.fields(type(value))}, place)
        case _:
            yield place, value
