"""What every card carries unchanged through a conversion: lead, deal, contact and company alike (CONV-3)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from attrs import define, setters

from crmcore.domain.errors import InvalidValue
from crmcore.domain.ids import UserId
from crmcore.domain.text import Discreet, check_instant, check_type, settle
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


@define(kw_only=True, repr=False, eq=False, on_setattr=setters.NO_OP)
class Card(Discreet):
    """The fields that a lead hands on to its deal, contact and company alike (CONV-3).

    * `responsible` is the id of a person, `opened` whether all who may read open records read it.
    * `address`, `origin` and `utm` are values; one without any part is `None`.
    * `comments` is a long text of at most 65,535 characters; a blank one is `None`.
    * `custom` is a `CustomFields`, or a mapping to make one of.
    * `created_at` is the record's own, in UTC; it is `None` where the source did not say.

    Raises `InvalidValue` for a value that is not allowed (DATA-1). Every card is one of its four frozen kinds; this
    base is not frozen itself, so that `making` can be fast.
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
    settle(card, card._lines, card._texts)
    if card.address is not None and card.address == _NO_ADDRESS:
        object.__setattr__(card, "address", None)
    if card.origin is not None and card.origin == _NO_ORIGIN:
        object.__setattr__(card, "origin", None)
    if card.utm is not None and card.utm == _NO_UTM:
        object.__setattr__(card, "utm", None)
    if type(card.custom) is not CustomFields:
        check_type(f"{type(card).__name__}.custom", card.custom, Mapping)
        object.__setattr__(card, "custom", CustomFields(card.custom))
    created_at = card.created_at
    if created_at is not None and (type(created_at) is not datetime or created_at.tzinfo is not UTC):
        object.__setattr__(card, "created_at", check_instant("created_at", created_at))


_NO_ADDRESS = Address()
_NO_ORIGIN = ExternalOrigin()
_NO_UTM = Utm()


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
