"""The contact: a person who is a client."""

from datetime import date
from typing import ClassVar

from attrs import evolve, frozen

from crmcore.domain.model.card import Card, settle_card, settle_points
from crmcore.domain.model.ids import CompanyId, ContactId, LeadId, SourceCode
from crmcore.domain.model.schema import Line, Own, Text
from crmcore.domain.model.values import NO_POINTS, ContactPoints, PersonName

__all__ = ["PLACEHOLDER_NAME", "Contact", "named"]

#: The name of a contact whose lead named nobody (CONV-4); a host may show a translation of it.
PLACEHOLDER_NAME = PersonName(first="Unnamed contact")


def named(name: PersonName) -> PersonName:
    """A name that names somebody: the placeholder, with the honorific where there is nothing else (CONV-4).

    >>> named(PersonName(honorific="Dr")).first
    'Unnamed contact'
    """
    if name:
        return name
    return evolve(PLACEHOLDER_NAME, honorific=name.honorific) if name.honorific else PLACEHOLDER_NAME


@frozen(kw_only=True, repr=False, eq=False)
class Contact(Card):
    """An immutable contact, linked to at most one company; `lead_id` names the lead it was made from.

    * `id` is a `ContactId`; `company_id` names its company.
    * `name` is a `PersonName`, `PLACEHOLDER_NAME` where nobody was named (CONV-4); `birth_date` is a date.
    * `job_title` is a line of at most 255 characters, `contact_points` a sequence of `ContactPoint`.
    * `source` is a code, `source_description` a long text.

    >>> Contact(id=1, responsible=7, name=PersonName(first="Ann")).name.first
    'Ann'
    """

    _shown: ClassVar = ("id", "company_id", "lead_id")

    id: Own[ContactId]
    name: PersonName = PLACEHOLDER_NAME
    birth_date: date | None = None
    job_title: Line = None
    contact_points: ContactPoints = NO_POINTS
    source: SourceCode | None = None
    source_description: Text = None
    company_id: CompanyId | None = None
    lead_id: Own[LeadId | None] = None

    def __attrs_post_init__(self) -> None:
        settle_points(self)
        settle_card(self)
        if not self.name:
            object.__setattr__(self, "name", named(self.name))
