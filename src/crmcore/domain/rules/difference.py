"""In which fields two cards of one id differ: what an import says of a record that is there already (IMPORT-1)."""

from attrs import fields

from crmcore.domain.model.card import Card

__all__ = ["differing_fields"]


def differing_fields(there: Card, given: Card) -> tuple[str, ...]:
    """The names of the fields in which two of one kind differ, in the order of the entity; none where they are equal.

    >>> from attrs import evolve
    >>> from crmcore.testing import TestCrm
    >>> lead = TestCrm.classic().lead(title="Desks")
    >>> differing_fields(lead, evolve(lead, title="Lamps")), differing_fields(lead, lead)
    (('title',), ())
    """
    return tuple(each.name for each in fields(type(there)) if getattr(there, each.name) != getattr(given, each.name))
