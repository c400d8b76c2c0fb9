"""O23: which client a deal gets, as a table of 48 rows whose results were written down by hand (`o23.csv`)."""

import csv
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from crmcore import ClientChoice, LeadId, ModeSwitchPolicy, PersonName, Ref, StageCode
from crmcore.domain.model.ids import DEFAULT_PIPELINE, ActivityId, Kind
from tests.building import ADMIN, OTHER, Scene, accepted, classic, there

Row = dict[str, str]

with (Path(__file__).parent / "o23.csv").open(encoding="utf-8", newline="") as file:
    TABLE: list[Row] = list(csv.DictReader(file, delimiter=";"))

PARAMS = [pytest.param(row, id=f"O23-{row['client']}-{row['linked']}-{row['named']}") for row in TABLE]


def _case(row: Row) -> tuple[Scene, LeadId, ActivityId, ActivityId]:
    """The given side of one row: a lead with an open and a completed activity."""
    scene = classic()
    scene.add_other_pipeline()
    links: dict[str, Any] = {}
    if row["linked"] in ("contact", "both"):
        links["contact_id"] = scene.add_contact("Carla")
    if row["linked"] in ("company", "both"):
        links["company_id"] = scene.add_company("Calm Ltd")
    if row["named"] in ("person", "both"):
        links["name"] = PersonName(first="Ada", last="Bright")
    if row["named"] in ("company", "both"):
        links["company_title"] = "Bright Ltd"
    lead_id = scene.add(title="Request 7", **links)
    still_open = scene.add_activity(Ref(Kind.LEAD, lead_id), subject="call back")
    done = scene.add_activity(Ref(Kind.LEAD, lead_id), subject="called", completed=True)
    scene.later()
    return scene, lead_id, still_open, done


def _switch(scene: Scene, lead_id: LeadId, policy: ModeSwitchPolicy) -> None:
    scene.switch(policy)


def _by_hand(scene: Scene, lead_id: LeadId, policy: ModeSwitchPolicy) -> None:
    scene.convert(lead_id, policy)


def test_the_table_has_every_combination_once() -> None:
    """Three client options, four kinds of link and four ways to be named make 48 rows."""
    expected = set(
        product(
            ("contact", "company", "both"),
            ("contact", "company", "both", "none"),
            ("person", "company", "both", "neither"),
        )
    )
    assert len(TABLE) == 48
    assert {(row["client"], row["linked"], row["named"]) for row in TABLE} == expected


@pytest.mark.rule("POLICY-1.1", "CONV-1", "CONV-2", "CONV-4", "SWITCH-11")
@pytest.mark.parametrize("how", [_switch, _by_hand], ids=["switch", "by_hand"])
@pytest.mark.parametrize("row", PARAMS)
def test_client_of_the_deal(row: Row, how: Any) -> None:
    """The deal gets the client that the row says, and nothing else is made."""
    scene, lead_id, _, _ = _case(row)
    before = scene.image()
    how(scene, lead_id, ModeSwitchPolicy(client=ClientChoice(row["client"])))
    after = scene.image()

    made_contacts = {id: there(after.contacts)[id] for id in after.contacts.keys() - before.contacts.keys()}
    made_companies = {id: there(after.companies)[id] for id in after.companies.keys() - before.companies.keys()}
    names = [" ".join(filter(None, (each.name.first, each.name.last))) for each in made_contacts.values()]
    assert names == ([row["new_contact"]] if row["new_contact"] else [])
    assert [each.title for each in made_companies.values()] == ([row["new_company"]] if row["new_company"] else [])

    [deal] = there(after.deals).values()
    lead = scene.lead(lead_id)
    new_contact, new_company = next(iter(made_contacts), None), next(iter(made_companies), None)
    linked_contact, linked_company = next(iter(before.contacts), None), next(iter(before.companies), None)
    contact = {"linked": linked_contact, "new": new_contact, "": None}[row["deal_contact"]]
    company = {"linked": linked_company, "new": new_company, "": None}[row["deal_company"]]
    assert (deal.contact_id, deal.company_id) == (contact, company)
    assert (lead.contact_id, lead.company_id, lead.deal_id) == (contact, company, deal.id)
    assert all(each.company_id == new_company for each in made_contacts.values())
    assert deal.title == "Request 7"
    assert {id: there(after.contacts)[id] for id in before.contacts} == dict(before.contacts)
    assert {id: there(after.companies)[id] for id in before.companies} == dict(before.companies)
    wanted = set(row["not_carried"].split(",")) - {""}
    assert set(scene.row(lead_id).not_carried) == wanted
    assert scene.holds_all_laws()


@pytest.mark.rule("POLICY-2.1", "POLICY-2.2", "POLICY-3.1", "POLICY-4", "CONV-6")
@pytest.mark.parametrize("row", PARAMS)
def test_keeping_changes_completion_only_and_the_pipeline_changes_pipeline_and_stage_only(row: Row) -> None:
    """Of two runs that differ in one option, the records differ in what that option is about and in nothing else."""
    client = ClientChoice(row["client"])
    images = {}
    for keep, pipeline in product((True, False), (DEFAULT_PIPELINE, OTHER)):
        scene, lead_id, still_open, done = _case(row)
        scene.switch(ModeSwitchPolicy(client=client, keep_activities=keep, pipeline_id=pipeline))
        [deal] = there(scene.image().deals).values()
        assert (deal.pipeline_id, deal.stage) == ((0, "NEW") if pipeline == 0 else (7, "FIRST_B"))
        assert scene.activity(still_open).completed is not keep
        assert scene.activity(still_open).completed_at == (None if keep else scene.clock.now())
        assert scene.activity(done).completed
        image = scene.image()
        activities = {id: scene.activity(id) for id in image.activities}
        images[keep, pipeline] = (
            {
                id: evolve(each, pipeline_id=DEFAULT_PIPELINE, stage=StageCode("NEW"))
                for id, each in there(image.deals).items()
            },
            {id: evolve(each, completed=False, completed_at=None) for id, each in activities.items()},
            image.leads,
            image.contacts,
            image.companies,
            image.bindings,
            image.ledger,
        )
        assert accepted(scene.crm.lead(ADMIN, lead_id)).record.deal_id == deal.id
    first, *others = images.values()
    assert all(other == first for other in others)
