"""What `make spec` says of the vectors on a store."""

from itertools import islice

from attrs import evolve
from tools.spec_report import lines_of_vectors

from crmcore.testing.vectors import vectors


def test_vectors_that_pass_are_counted() -> None:
    """The last line says of how many."""
    assert list(lines_of_vectors("memory", "memory", islice(vectors(family="policy"), 3))) == [
        "memory: 3 of 3 vectors passed"
    ]


def test_a_vector_that_fails_is_named_with_its_first_difference() -> None:
    """An answer that was changed by hand is wrong on every store."""
    first, second = islice(vectors(family="policy"), 2)
    wrong, total = lines_of_vectors(
        "SQLite", "sqlite", [evolve(first, then={**first.then, "state": "classic"}), second]
    )
    assert wrong.startswith(f"wrong on SQLite: {first.id}: ")
    assert total == "SQLite: 1 of 2 vectors passed"
