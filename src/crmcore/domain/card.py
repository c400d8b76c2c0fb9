"""What every card carries unchanged through a conversion: lead, deal, contact and company alike (CONV-3)."""

from datetime import datetime
from typing import Any, ClassVar

from attrs import frozen

from crmcore.domain.errors import InvalidValue
from crmcore.domain.ids import UserId
from crmcore.domain.text import Discreet, check_instant, check_type, settle_lines, settle_texts
from crmcore.domain.values import (
    NO_CUSTOM_FIELDS,
    NO_POINTS,
    Address,
    ContactPoints,
    CustomFields,
    ExternalOrigin,
    Money,
    Utm,
)

__all__ = ["Card", "settle_card", "settle_money", "settle_points"]


@frozen(kw_only=True, repr=False)
class Card(Discreet):
    """The fields that a lead hands on to its deal, contact and company alike (CONV-3).

    `created_at` is the record's own; it is `None` where the source did not say.
    """

    _lines: ClassVar[tuple[str, ...]] = ()
    _texts: ClassVar[tuple[str, ...]] = ("comments",)

    responsible: UserId
    opened: bool = False
    address: Address | None = None
    comments: str | None = None
    origin: ExternalOrigin | None = None
    utm: Utm | None = None
    custom: CustomFields = NO_CUSTOM_FIELDS
    created_at: datetime | None = None


def settle_card(card: Any) -> None:
    """Check a card that is being built (DATA-1) and turn blank parts into absent ones (CONV-4).

    A plain function, called by each entity: slotted classes pay for a chain of `super` calls.
    """
    settle_lines(card, card._lines)
    settle_texts(card, card._texts)
    for name in ("address", "origin", "utm"):
        value = getattr(card, name)
        if value is not None and not value:
            object.__setattr__(card, name, None)
    if type(card.custom) is not CustomFields:
        check_type(f"{type(card).__name__}.custom", card.custom, dict)
        object.__setattr__(card, "custom", CustomFields(card.custom) if card.custom else NO_CUSTOM_FIELDS)
    if card.created_at is not None:
        object.__setattr__(card, "created_at", check_instant("created_at", card.created_at))


def settle_points(card: Any) -> None:
    """Accept any tuple or list of contact points, and keep the filled ones."""
    points = card.contact_points
    if type(points) is not ContactPoints:
        check_type(f"{type(card).__name__}.contact_points", points, (tuple, list))
        object.__setattr__(card, "contact_points", ContactPoints(points) if points else NO_POINTS)


def settle_money(card: Any) -> None:
    """Refuse anything but one exact value with its currency (CONV-8)."""
    if card.amount is not None and type(card.amount) is not Money:
        raise InvalidValue(f"{type(card).__name__}.amount", "a Money value")
