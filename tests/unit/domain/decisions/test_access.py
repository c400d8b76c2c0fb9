"""What a list is narrowed to before the store is asked (PERM-5)."""

import pytest
from attrs import evolve

from crmcore import Grant, Kind, Level, Operation, Role, UserId
from crmcore.domain.decisions.access import within_reach
from crmcore.domain.model.ids import CARDS
from crmcore.domain.protocol.decision import Context
from crmcore.domain.protocol.filters import Listing
from crmcore.domain.rules.authority import ADMINISTRATOR, Rights
from tests.building import NOW

WORKER = UserId(51)


def _context(*roles: Role) -> Context:
    return Context(WORKER, Rights.of(roles), True, NOW)


def _reader(level: Level, *kinds: Kind) -> Role:
    return Role(name="reader", levels={Grant(Operation.READ, kind): level for kind in kinds})


@pytest.mark.rule("PERM-5", "PERM-9")
def test_a_list_is_narrowed_as_far_as_filters_can_say() -> None:
    """By whose the records are; activities by the records that they are bound to, unless all of those are read."""
    deals, work = Listing(kind=Kind.DEAL), Listing(kind=Kind.ACTIVITY)
    own, open_ones = evolve(deals, responsible=WORKER), evolve(deals, responsible=WORKER, open_to_all=True)
    assert within_reach(deals, _context()) is within_reach(work, _context()) is None
    for level, cards in (Level.OWN, own), (Level.OPEN, open_ones), (Level.ALL, deals):
        assert within_reach(deals, _context(_reader(level, Kind.DEAL))) == cards
        assert within_reach(work, _context(_reader(level, Kind.DEAL))) == evolve(work, bound_to=(cards,))
    narrowed = within_reach(work, _context(_reader(Level.OWN, *CARDS)))
    assert narrowed == evolve(work, bound_to=tuple(Listing(kind=kind, responsible=WORKER) for kind in CARDS))
    for everything in _reader(Level.ALL, *CARDS), ADMINISTRATOR:
        assert within_reach(work, _context(everything)) is work
