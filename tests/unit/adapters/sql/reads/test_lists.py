"""Pages of lists from the tables are those of the store in memory, and each goes along an index."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import event

from crmcore import Contact, ContactId, Kind, LeadId, Ref, UserId
from crmcore.domain.model.company import Company
from crmcore.domain.model.ids import ActivityId, CompanyId
from crmcore.domain.model.image import new_crm
from crmcore.domain.protocol.filters import Listing
from crmcore.testing.contracts.seeds import busy_crm
from tests.unit.adapters.sql.pairs import Pair, moved_pair, paired

PERSON, OTHER = UserId(501), UserId(504)


def _seen() -> Any:
    """A CRM in the middle of a switch, with one more record that is a person's own and open to all, of each kind."""
    image: Any = busy_crm()
    leads = {id: evolve(image.leads[LeadId(id)], responsible=PERSON, opened=id == 9) for id in (9, 8, 11)}
    work = {id: evolve(image.activities[ActivityId(id)], responsible=PERSON) for id in (401, 408)}
    return evolve(image, leads={**image.leads, **leads}, activities={**image.activities, **work})


IMAGE = _seen()
#: What the records of each kind are listed by, and the places in the middle of them.
OF: dict[Kind, tuple[Ref | None, ...]] = {
    Kind.LEAD: (None, Ref(Kind.CONTACT, 201), Ref(Kind.COMPANY, 301), Ref(Kind.CONTACT, 204)),
    Kind.DEAL: (None, Ref(Kind.CONTACT, 201), Ref(Kind.COMPANY, 303), Ref(Kind.COMPANY, 306)),
    Kind.CONTACT: (None, Ref(Kind.COMPANY, 303), Ref(Kind.COMPANY, 306)),
    Kind.COMPANY: (None,),
    Kind.ACTIVITY: (None, Ref(Kind.LEAD, 3), Ref(Kind.DEAL, 110), Ref(Kind.CONTACT, 201), Ref(Kind.LEAD, 4)),
}
MIDDLE = {Kind.LEAD: 8, Kind.DEAL: 103, Kind.CONTACT: 201, Kind.COMPANY: 302, Kind.ACTIVITY: 403}
#: Records that activities may be bound to, for whoever may see those only.
BOUND_TO: tuple[tuple[Listing, ...], ...] = (
    (Listing(kind=Kind.LEAD),),
    (Listing(kind=Kind.LEAD, responsible=PERSON),),
    (Listing(kind=Kind.DEAL, responsible=UserId(1), open_to_all=True), Listing(kind=Kind.LEAD, responsible=OTHER)),
    (Listing(kind=Kind.CONTACT), Listing(kind=Kind.COMPANY, responsible=PERSON)),
    (Listing(kind=Kind.DEAL, responsible=OTHER),),
)


def _listings(kind: Kind) -> Iterator[Listing]:
    active = (None, True, False) if kind in (Kind.LEAD, Kind.DEAL, Kind.ACTIVITY) else (None,)
    persons = [(None, False), (PERSON, True), *((person, False) for person in (PERSON, OTHER))]
    bound_to = ((), *BOUND_TO) if kind is Kind.ACTIVITY else ((),)
    for (person, open_to_all), is_active, of, uses in product(persons, active, OF[kind], bound_to):
        plain = Listing(kind=kind, active=is_active, of=of, bound_to=uses, responsible=person, open_to_all=open_to_all)
        yield from (plain, evolve(plain, limit=2), evolve(plain, after=MIDDLE[kind], limit=1))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """The CRM in both stores."""
    with moved_pair(tmp_path_factory.mktemp("lists"), IMAGE) as made:
        yield made


@pytest.mark.rule("PERM-9")
@pytest.mark.parametrize("kind", OF)
def test_every_page_of_a_list_is_that_of_the_reference(pair: Pair, kind: Kind) -> None:
    """With every filter, from the beginning and from the middle, the records, their versions, and the place."""
    found = 0
    for listing in _listings(kind):
        page = pair.sql.listed(listing)
        assert page == pair.memory.listed(listing), listing
        found += len(page.entries)
    assert found > 20


@pytest.mark.rule("PERM-9")
def test_a_page_ends_once_a_thousand_records_were_looked_at(tmp_path: Path) -> None:
    """One more is looked at, to know whether there is a next page, which goes on behind it."""
    company = CompanyId(1)
    owners = {id: UserId(id) for id in (1_000, 1_001, 1_002)}
    contacts = {
        ContactId(id): Contact(id=ContactId(id), company_id=company, responsible=owners.get(id, OTHER))
        for id in range(1, 1_010)
    }
    image = evolve(new_crm(), companies={company: Company(id=company, responsible=OTHER)}, contacts=contacts)
    listing = Listing(kind=Kind.CONTACT, of=Ref(Kind.COMPANY, company), responsible=OTHER)
    with paired(tmp_path / "crm.db", image).sql as store:
        for owner, first, rest in ((1_000, [1_000], []), (1_001, [1_001], []), (1_002, [], [1_002])):
            own = evolve(listing, responsible=owners[owner])
            page = store.listed(own)
            assert ([entry.id for entry in page.entries], page.after) == (first, 1_001)
            page = store.listed(evolve(own, after=1_001))
            assert ([entry.id for entry in page.entries], page.after) == (rest, None)
        whole = store.listed(evolve(listing, limit=900))
        assert ([entry.id for entry in whole.entries], whole.after) == (list(range(1, 901)), 900)


#: A list, and the indexes that it goes along.
ALONG: list[tuple[Listing, set[str]]] = [
    (Listing(kind=Kind.LEAD, active=True), {"crm_lead_active"}),
    (Listing(kind=Kind.LEAD, active=False), {"crm_lead_closed"}),
    (Listing(kind=Kind.DEAL, active=True), {"crm_deal_semantics"}),
    (Listing(kind=Kind.ACTIVITY, active=False), {"crm_activity_completed"}),
    (Listing(kind=Kind.LEAD, of=Ref(Kind.CONTACT, 201)), {"crm_lead_contact_id"}),
    (Listing(kind=Kind.CONTACT, of=Ref(Kind.COMPANY, 303)), {"crm_contact_company_id"}),
    (Listing(kind=Kind.DEAL, responsible=PERSON), {"crm_deal_responsible"}),
    (Listing(kind=Kind.DEAL, responsible=PERSON, open_to_all=True), {"crm_deal_responsible", "crm_deal_opened"}),
    (Listing(kind=Kind.ACTIVITY, of=Ref(Kind.LEAD, 3)), {"crm_binding_of"}),
]


@pytest.mark.rule("PERM-9")
@pytest.mark.parametrize("listing, indexes", ALONG)
def test_a_list_goes_along_the_indexes_of_its_filter(pair: Pair, listing: Listing, indexes: set[str]) -> None:
    """Whatever the database knows of how many records there are."""
    said: list[str] = []
    engine = pair.sql.engine()

    def listen(driver: Any, *_: Any) -> None:
        driver.set_trace_callback(said.append)

    event.listen(engine, "checkout", listen)
    pair.sql.listed(listing)
    event.remove(engine, "checkout", listen)
    with engine.connect() as connection:
        plans = [
            row[-1]
            for statement in said
            if statement.startswith("SELECT") and "LIMIT" in statement
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")
        ]
        connection.invalidate()
    assert {index for index in indexes if any(f"INDEX {index} " in plan for plan in plans)} == indexes, plans
