"""What a conversion carries, field by field."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from crmcore import (
    Address,
    ClientChoice,
    CustomFields,
    ExternalOrigin,
    ModeSwitchPolicy,
    PersonName,
    SourceCode,
    UserId,
    Utm,
)
from crmcore.domain.rules.conversion import FIELD_MAP
from tests.building import NOW, classic, email, euros, phone


@pytest.mark.rule("CONV-3.1", "CONV-5.4", "CONV-8")
def test_every_field_of_the_map_arrives_where_the_map_says() -> None:
    """A lead with every field filled, converted into all three records at a later time."""
    scene = classic()
    lead_id = scene.add(
        title="Title",
        company_title="Company",
        name=PersonName(honorific="Dr", first="Ada", middle="M", last="Lo"),
        birth_date=date(1990, 1, 2),
        job_title="Buyer",
        contact_points=(email("a@example.com"), phone("1", "MOBILE")),
        address=Address(city="Oslo"),
        comments="Comments",
        opened=True,
        responsible=UserId(9),
        origin=ExternalOrigin(originator="shop", id="77"),
        utm=Utm(source="letter"),
        source=SourceCode("WEB"),
        source_description="Said so",
        amount=euros("12.345"),
        custom=CustomFields({"UF_A": Decimal("1.50")}),
    )
    assert scene.lead(lead_id).created_at == NOW
    scene.later()
    row = scene.convert(lead_id, ModeSwitchPolicy(client=ClientChoice.BOTH))
    lead = scene.lead(lead_id)
    records: dict[str, Any] = {
        "contact": scene.contact(row.contact_id),
        "company": scene.company(row.company_id),
        "deal": scene.deal(row.deal_id),
    }
    for carried in FIELD_MAP:
        for kind in records:
            name = getattr(carried, kind)
            if name is not None and not (kind == "company" and carried.field == "title"):
                assert getattr(records[kind], name) == getattr(lead, carried.field), (kind, carried.field)
    for record in records.values():
        assert (record.created_at, record.lead_id) == (scene.clock.now(), lead_id)
    assert row.not_carried == ()
