"""The tables and diagrams of the site are drawn from vectors and from the code, and leave nothing out."""

import re
from xml.dom.minidom import parseString

import pytest
from tools.generated import ways_between_states
from tools.site_pictures import hexagon, state_machine
from tools.site_tables import NAMES, table_pages

from crmcore.domain.rules.mode import BEHAVIOURS, Asked, CrmState
from crmcore.testing.vectors import families, vectors


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """All of them, made where one is looked at."""
    return table_pages()


def test_every_command_of_the_table_has_its_vectors() -> None:
    """One that is added to the table of states and commands is missed here."""
    assert set(NAMES) == set(Asked) == set(BEHAVIOURS)
    ids = {vector.id for vector in vectors(family="mode")}
    assert {f"mode.{name}.{state}" for name in NAMES.values() for state in CrmState} <= ids


def test_each_link_leads_to_a_vector_that_is_there(pages: dict[str, str]) -> None:
    """Every vector has an address of its own, on the page of its family."""
    there = {
        f"../{name.removesuffix('.md')}.html#{id}"
        for name, text in pages.items()
        for id in re.findall(r'<a id="([^"]+)">', text)
    }
    assert len(there) == len(vectors())
    links = {link for text in pages.values() for link in re.findall(r'<a href="([^"]+)">', text)}
    assert links <= there
    assert {f"vectors/{family}.md" for family in families()} <= set(pages)


@pytest.mark.parametrize(
    "page, link, said",
    [
        ("mode", "../vectors/mode.html#mode.cancel.simple", "refused: not_switching"),
        ("authority", "../vectors/rights.html#rights.begin.classic.manager", "refused: not_permitted"),
        (
            "clients",
            "../vectors/conversion.html#conversion.by-hand.contact.person.both.keep.default",
            "the linked contact",
        ),
        (
            "clients",
            "../vectors/conversion.html#conversion.by-hand.no-client.person.both.keep.default",
            "a new contact and a new company",
        ),
        ("fields", "../vectors/conversion.html#conversion.field.amount.both", "both"),
        ("refusals", "../vectors/rights.html#rights.order.begin.key-conflict", "refused: key_conflict"),
    ],
)
def test_a_cell_says_what_its_vector_says(pages: dict[str, str], page: str, link: str, said: str) -> None:
    """A cell of each table, with its link."""
    assert f'<a href="{link}">{said}</a>' in pages[f"tables/{page}.md"]


def test_the_states_are_drawn_with_each_way_between_them() -> None:
    """An arrow for each pair of states, and what leads there in words."""
    picture = parseString(state_machine())
    words = [each.firstChild.data for each in picture.getElementsByTagName("text")]  # type: ignore[union-attr]  # a text
    ways = ways_between_states()
    assert len(picture.getElementsByTagName("line")) == len({way[:2] for way in ways})
    assert sorted(words) == sorted([*CrmState, *(what for _, _, what in ways)])
    assert len(parseString(hexagon()).getElementsByTagName("line")) == 6
