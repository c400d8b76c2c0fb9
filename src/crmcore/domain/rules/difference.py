"""In which fields two leads of one id differ: what an import says of a lead that is there already (IMPORT-1)."""

from attrs import fields

from crmcore.domain.model.lead import Lead

__all__ = ["differing_fields"]


def differing_fields(there: Lead, given: Lead) -> tuple[str, ...]:
    """The names of the fields in which they differ, in the order of the entity; none where they are equal.

    >>> from attrs import evolve
    >>> from crmcore.testing import TestCrm
    >>> lead = TestCrm.classic().lead(title="Desks")
    >>> differing_fields(lead, evolve(lead, title="Lamps")), differing_fields(lead, lead)
    (('title',), ())
    """
    return tuple(each.name for each in fields(Lead) if getattr(there, each.name) != getattr(given, each.name))
