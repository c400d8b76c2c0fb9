"""What one page of a list is asked for: simple filters, which every store can answer."""

from collections.abc import Container
from typing import Any

from attrs import frozen

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.card import Card
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import CARDS, CLIENTS, Kind, Ref, UserId
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.model.text import Shown, check_id, check_type

__all__ = ["LIST_LIMIT", "Listing", "check_page", "is_active"]

#: How many records a page of a list has at most, and how many a store looks at for one page.
LIST_LIMIT = 1000

#: What the records of each kind may be listed by: the clients that they are linked to, or what they are bound to.
_OF: dict[Kind, tuple[Kind, ...]] = {
    Kind.LEAD: CLIENTS,
    Kind.DEAL: CLIENTS,
    Kind.CONTACT: (Kind.COMPANY,),
    Kind.COMPANY: (),
    Kind.ACTIVITY: CARDS,
}
_WITH_ACTIVE = (Kind.LEAD, Kind.DEAL, Kind.ACTIVITY)


@frozen(kw_only=True, repr=False, eq=False)
class Listing(Shown):
    """One page of a list: the next records of a kind, in id order, that pass all filters. Deleted ones never do.

    `kind` is a lead, deal, contact, company or activity. `after` is the `after` of the page before, 0 for the first
    one. `limit` is how many records at most, from 1 to 1,000.

    The filters: `active` is `True` for active leads, open deals and activities that are not completed, `False` for the
    others, `None` for all. `of` names the client that leads and deals are linked to, the company of contacts, or the
    record that activities are bound to. `responsible` is the person who is responsible; with `open_to_all` also the
    records pass that are open to all, whoever is responsible.

    `bound_to` says of what use an activity is to who asks: it is bound to a record that passes one of these filters, of
    which the person and open to all count. A store may pass over the other activities, or leave that to who asks.

    Raises `InvalidValue` for a value that is not allowed, and for a filter that the kind does not have.

    >>> from crmcore.testing import TestCrm
    >>> p = TestCrm.classic()
    >>> lead, closed = p.lead(), p.lead(stage="JUNK")
    >>> listing = Listing(kind=Kind.LEAD, active=True)
    >>> (listing.takes(lead), listing.takes(closed))
    (True, False)
    """

    kind: Kind
    after: int = 0
    limit: int = 50
    active: bool | None = None
    of: Ref | None = None
    responsible: UserId | None = None
    open_to_all: bool = False
    bound_to: "tuple[Listing, ...]" = ()

    def __attrs_post_init__(self) -> None:
        check_type("kind", self.kind, Kind)
        if self.kind not in _OF:
            raise InvalidValue("kind", "lead, deal, contact, company or activity")
        check_page(self.after, self.limit)
        if self.active is not None:
            check_type("active", self.active, bool)
            if self.kind not in _WITH_ACTIVE:
                raise InvalidValue("active", "nothing: clients are neither active nor closed")
        if self.of is not None:
            check_type("of", self.of, Ref)
            kinds = _OF[self.kind]
            if type(self.of.kind) is not Kind or self.of.kind not in kinds:
                raise InvalidValue("of", f"a reference to a {' or '.join(kinds)}" if kinds else "nothing")
            check_id("of", self.of.id)
        if self.responsible is not None:
            check_id("responsible", self.responsible)
        check_type("open_to_all", self.open_to_all, bool)
        check_type("bound_to", self.bound_to, tuple)
        for each in self.bound_to:
            check_type("bound_to", each, Listing)
            if self.kind is not Kind.ACTIVITY or each.kind not in CARDS:
                raise InvalidValue("bound_to", "lists of leads, deals, contacts or companies, for a list of activities")

    def takes(self, record: object, bound: Container[Ref] = ()) -> bool:
        """Whether a record passes the filters, but for `bound_to`, which asks for other records.

        `record` is what a store has under the id, a tombstone included; `bound` is what an activity is bound to.

        >>> call = p.activity(lead)
        >>> of_lead = Listing(kind=Kind.ACTIVITY, of=Ref(Kind.LEAD, lead.id))
        >>> (of_lead.takes(call, {Ref(Kind.LEAD, lead.id)}), of_lead.takes(call))
        (True, False)
        """
        if not isinstance(record, Card | Activity):
            return False
        if self.active is not None and is_active(record) is not self.active:
            return False
        if self.of is not None and self.of not in (bound if isinstance(record, Activity) else _clients(record)):
            return False
        if self.responsible is None or record.responsible == self.responsible:
            return True
        return self.open_to_all and getattr(record, "opened", False)


def check_page(after: object, limit: object) -> None:
    """Raise `InvalidValue` unless a page may begin behind this id or epoch, and have so many records."""
    check_id("after", after, lowest=0)
    check_type("limit", limit, int)
    if limit not in range(1, LIST_LIMIT + 1):
        raise InvalidValue("limit", f"a whole number from 1 to {LIST_LIMIT}")


def is_active(record: Card | Activity) -> bool | None:
    """Whether a lead or deal is in process, or an activity not completed; `None` for a client."""
    if isinstance(record, Activity):
        return not record.completed
    semantics = getattr(record, "semantics", None)
    return None if semantics is None else semantics is StageSemantics.IN_PROCESS


def _clients(record: Any) -> tuple[Ref, ...]:
    """The clients that a card is linked to."""
    links = ((kind, getattr(record, f"{kind}_id", None)) for kind in CLIENTS)
    return tuple(Ref(kind, id) for kind, id in links if id is not None)
