"""A CRM in which what a filter lets through lies behind everything that it does not, and every list of the protocol."""

from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any

from attrs import evolve

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import CARDS, RECORDS, ActivityId, CompanyId, ContactId, DealId, Kind, LeadId, Ref, UserId
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.stages import Stage
from crmcore.domain.protocol.filters import Listing
from crmcore.ports import Listed
from crmcore.testing import ADMIN

__all__ = ["PLACES", "Costs", "assert_alike", "costs", "sparse"]

_KINDS = (*CARDS, Kind.ACTIVITY)

#: How many records a page has, and how many records at the end of each kind pass a filter, or some of them.
PAGE, TAIL = 5, 40
#: Who has every second record of the tail.
SELLER = UserId(7)
#: Where a page begins, by name, as a share of the records.
PLACES = {"front": 0.0, "middle": 0.5, "end": 1.0}


def sparse(records: int) -> CrmImage:
    """So many records of each kind: the first half is closed, the others active, and the last ones have everything.

    All but the last belong to somebody else, are open to nobody, and have no client.
    """
    image = new_crm(CrmMode.CLASSIC)
    (pipeline,) = image.pipelines.values()
    parts: dict[str, Any] = {name: {} for name in ("bindings", *(RECORDS[kind] for kind in _KINDS))}
    for id in range(1, records + 1):
        last, whose, links = _last(id, records), _whose(id, records), _links(id, records)
        lead_state, deal_state = (_state(id, records, each) for each in (image.stages.stages, pipeline.stages))
        made: dict[Kind, Any] = {
            Kind.LEAD: Lead(id=LeadId(id), **lead_state, **whose, **links),
            Kind.DEAL: Deal(id=DealId(id), pipeline_id=pipeline.id, **deal_state, **whose, **links),
            Kind.CONTACT: Contact(id=ContactId(id), company_id=links["company_id"], **whose),
            Kind.COMPANY: Company(id=CompanyId(id), **whose),
            Kind.ACTIVITY: Activity(
                id=ActivityId(id), kind="call", responsible=whose["responsible"], completed=_is_closed(id, records)
            ),
        }
        for kind, record in made.items():
            parts[RECORDS[kind]][id] = record
        parts["bindings"][id] = frozenset({Ref(Kind.LEAD, id), *(Ref(kind, 1) for kind in CARDS if last)})
    return evolve(image, **parts)


def _last(id: int, records: int) -> int:
    """The place in the tail, from 1; 0 before it."""
    return max(id - records + TAIL, 0)


def _is_closed(id: int, records: int) -> bool:
    last = _last(id, records)
    return last // 2 % 2 == 1 if last else id <= records // 2


def _state(id: int, records: int, stages: tuple[Stage, ...]) -> dict[str, Any]:
    lost, first = stages[-1], stages[0]
    stage = lost if _is_closed(id, records) else first
    return {"stage": stage.code, "semantics": stage.semantics}


def _whose(id: int, records: int) -> dict[str, Any]:
    last = _last(id, records)
    return {"responsible": SELLER if last % 2 else ADMIN, "opened": last % 5 == 4}


def _links(id: int, records: int) -> dict[str, Any]:
    last = _last(id, records)
    return {
        "contact_id": ContactId(1) if last % 3 else None,
        "company_id": CompanyId(1) if last and last % 3 < 2 else None,
    }


def _lists() -> Iterator[tuple[str, Listing]]:
    """Every filter that a kind has, in every state; one for a client and a person goes along those of the client."""
    refs = (None, *(Ref(kind, 1) for kind in CARDS))
    whose: tuple[dict[str, Any], ...] = ({}, {"responsible": SELLER}, {"responsible": SELLER, "open_to_all": True})
    for kind, active, of, each in product(_KINDS, (None, True, False), refs, whose):
        if each and (of is not None or (kind is Kind.ACTIVITY and "open_to_all" in each)):
            continue
        try:
            found = Listing(kind=kind, limit=PAGE, active=active, of=of, **each)
        except InvalidValue:
            continue
        words = [{None: "", True: "active ", False: "closed "}[active] + kind, f"of a {of.kind}" if of else ""]
        yield " ".join([*filter(None, words), *each]), found


#: The lists by name.
LISTS = dict(_lists())


#: What a page of each list costs, by its name and place.
Costs = dict[tuple[str, str], int]


def costs(records: int, ask: Callable[[Listing], tuple[Listed, int]], places: Iterable[str] = tuple(PLACES)) -> Costs:
    """What a page of each list costs in a CRM of so many records; `ask` reads a page and tells what that cost."""
    found = {}
    for (name, listing), place in product(LISTS.items(), places):
        page, cost = ask(evolve(listing, after=int(PLACES[place] * (records - TAIL // 2))))
        assert page.entries, (name, place)
        found[name, place] = cost
    return found


def assert_alike(few: Costs, many: Costs, *, times: float, more: int) -> None:
    """A page of the large CRM costs what the same page of the small one costs, but for one more level of a tree."""
    dear = {name: (few[name], cost) for name, cost in many.items() if cost > times * few[name] + more}
    assert not dear, dear
