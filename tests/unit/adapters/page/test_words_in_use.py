"""A text that the page shows nowhere is not in the files of the languages."""

from pathlib import Path
from typing import get_type_hints

import pytest
from attrs import fields, has

from crmcore.adapters.words import Language

ADAPTERS = Path(__file__).resolve().parents[4] / "src" / "crmcore" / "adapters"
#: What is found by a name that is made: of an error, of a reason, of a form.
BY_NAME = {"errors", "plurals", "numbers", "dates", "durations", "blocked.other_cause", "blocked.causes"}
SECTIONS = {name: kind for name, kind in get_type_hints(Language).items() if has(kind)}
PLACES = sorted(f"{name}.{field.name}" for name, kind in SECTIONS.items() for field in fields(kind))


@pytest.mark.rule("PAGE-7.1")
@pytest.mark.parametrize("place", PLACES)
def test_every_text_is_shown_somewhere(place: str) -> None:
    """Whoever translates a language works for somebody who reads it."""
    if place in BY_NAME or place.partition(".")[0] in BY_NAME:
        return
    shown = (each for each in ADAPTERS.rglob("*") if each.suffix in (".html", ".py") and each.parent.name != "words")
    assert any(place in each.read_text(encoding="utf-8") for each in shown)
