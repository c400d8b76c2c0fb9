"""The company: an organisation that is a client."""

from typing import ClassVar

from attrs import frozen

from crmcore.domain.model.card import Card, settle_card, settle_points
from crmcore.domain.model.ids import CompanyId, LeadId
from crmcore.domain.model.schema import Line, Own
from crmcore.domain.model.values import NO_POINTS, ContactPoints

__all__ = ["Company"]


@frozen(kw_only=True, repr=False, eq=False)
class Company(Card):
    """An immutable company; `lead_id` names the lead it was made from.

    `id` is a `CompanyId`, `title` a line of at most 255 characters, `contact_points` a sequence of `ContactPoint`.

    >>> Company(id=1, responsible=7, title="Example Ltd").title
    'Example Ltd'
    """

    _shown: ClassVar = ("id", "lead_id")

    id: Own[CompanyId]
    title: Line = None
    contact_points: ContactPoints = NO_POINTS
    lead_id: Own[LeadId | None] = None

    def __attrs_post_init__(self) -> None:
        settle_points(self)
        settle_card(self)
