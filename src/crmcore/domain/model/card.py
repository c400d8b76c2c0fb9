"""What every card carries unchanged through a conversion: lead, deal, contact and company alike (CONV-3)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import define, setters

from crmcore.domain.model.ids import UserId
from crmcore.domain.model.schema import Own, Text, check_parts, settle
from crmcore.domain.model.text import Discreet, check_type
from crmcore.domain.model.values import (
    NO_CUSTOM_FIELDS,
    NO_POINTS,
    Address,
    ContactPoints,
    CustomFields,
    ExternalOrigin,
    Utm,
)

__all__ = ["Card", "settle_card", "settle_points"]


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

    responsible: UserId
    opened: bool = False
    address: Address | None = None
    comments: Text = None
    origin: ExternalOrigin | None = None
    utm: Utm | None = None
    custom: CustomFields = NO_CUSTOM_FIELDS
    created_at: Own[datetime | None] = None


def settle_card(card: Any) -> None:
    """Check a card that is being built (DATA-1) and turn blank parts into absent ones (CONV-4).

    A plain function, called by each entity: slotted classes pay for a chain of `super` calls.
    """
    settle(card)
    if card.address is not None and card.address == _NO_ADDRESS:
        object.__setattr__(card, "address", None)
    if card.origin is not None and card.origin == _NO_ORIGIN:
        object.__setattr__(card, "origin", None)
    if card.utm is not None and card.utm == _NO_UTM:
        object.__setattr__(card, "utm", None)
    if type(card.custom) is not CustomFields:
        check_type(f"{type(card).__name__}.custom", card.custom, Mapping)
        object.__setattr__(card, "custom", CustomFields(card.custom))
    check_parts(card)


_NO_ADDRESS = Address()
_NO_ORIGIN = ExternalOrigin()
_NO_UTM = Utm()


def settle_points(card: Any) -> None:
    """Accept any tuple or list of contact points, and keep the filled ones."""
    points = card.contact_points
    if type(points) is not ContactPoints:
        check_type(f"{type(card).__name__}.contact_points", points, (tuple, list))
        object.__setattr__(card, "contact_points", ContactPoints(points) if points else NO_POINTS)
