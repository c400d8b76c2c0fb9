"""A row laid over a lead that is there: the columns of the file change, everything else stays (CSV-9.3)."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from crmcore.adapters.bitrix24_csv import KnownClients, read_leads
from crmcore.adapters.bitrix24_csv.cards.merge import Merge
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.ids import CompanyId, ContactId, LeadId, StageCode, UserId
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.schema import parts_of
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.model.values import ContactPoint, ContactPoints, CustomFields, Money, PersonName, PointKind
from tests.filled import filled
from tests.unit.adapters.bitrix24_csv.files import write_file


def _point(value: str, type: str = "WORK", kind: PointKind = PointKind.PHONE) -> ContactPoint:
    return ContactPoint(kind=kind, type=type, value=value)


MAIL, WORK, HOME = _point("a@example.com", kind=PointKind.EMAIL), _point("1"), _point("2", "HOME")
THERE = evolve(
    filled(Lead),
    id=LeadId(1),
    stage=StageCode("IN_PROCESS"),
    semantics=StageSemantics.IN_PROCESS,
    responsible=UserId(7),
    deal_id=None,
    contact_id=ContactId(503),
    company_id=CompanyId(9),
    contact_points=ContactPoints((WORK, MAIL, HOME)),
    amount=Money(amount=Decimal(5), currency="EUR"),
    name=PersonName(first="Ada", last="Sample"),
)
(OWN,) = THERE.custom
KNOWN = KnownClients([Contact(id=ContactId(504), responsible=UserId(1))])


def _merged(folder: Path, headings: str, cells: str) -> Lead:
    path = write_file(folder, f"ID;{headings}\n1;{cells}\n".encode())
    file = read_leads(path, all_new=True, clients=KNOWN, unlinked=True)
    (given,) = file.leads
    assert file.sheet is not None
    return Merge(file.sheet).merged(THERE, given, dict(file.sheet.rows)[file.lines[given.id]])


@pytest.mark.rule("CSV-9.3")
@pytest.mark.parametrize(
    "headings, cells, changes",
    [
        ("TITLE", "x", {"title": "x"}),
        ("TITLE", "", {"title": None}),
        ("TITLE;STATUS_ID", "x;JUNK", {"title": "x", "stage": "JUNK", "semantics": StageSemantics.FAILURE}),
        ("TITLE;STATUS_ID;ASSIGNED_BY_ID;DATE_CREATE", "x;;;", {"title": "x"}),
        ("ASSIGNED_BY_ID;OPENED", "1;", {"responsible": 1, "opened": False}),
        ("OPPORTUNITY", "6", {"amount": Money(amount=Decimal(6), currency="EUR")}),
        ("OPPORTUNITY;CURRENCY_ID", ";", {"amount": None}),
        ("NAME", "Eve", {"name": PersonName(first="Eve", last="Sample")}),
        ("NAME;LAST_NAME", ";", {"name": PersonName()}),
        ("Full name", "Eve Other", {"name": PersonName(first="Eve Other")}),
        ("Full name", "Sample, Ada", {}),
        ("PHONE_WORK", "3", {"contact_points": (MAIL, HOME, _point("3"))}),
        ("PHONE_WORK", "1", {}),
        ("PHONE_WORK", "", {"contact_points": (MAIL, HOME)}),
        ("PHONE", "3", {"contact_points": (MAIL, _point("3"))}),
        ("EMAIL_HOME", "", {}),
        ("CONTACT_ID", "504", {"contact_id": 504}),
        ("CONTACT_ID", "", {"contact_id": None}),
        ("CONTACT_ID;TITLE", "777;x", {"title": "x"}),
        ("UF_CRM_A.B", "x", {"custom": CustomFields({**THERE.custom, "UF_CRM_A.B": "x"})}),
        (f"TITLE;{OWN}", "x;", {"title": "x", "custom": CustomFields()}),
        (OWN, "x", {"custom": CustomFields({OWN: "x"})}),
    ],
)
def test_only_the_fields_of_its_columns_change(
    tmp_path: Path, headings: str, cells: str, changes: dict[str, Any]
) -> None:
    """An empty cell empties its field, but for what no lead is without, and a link to nobody says nothing."""
    assert _merged(tmp_path, headings, cells) == evolve(THERE, **changes)


@pytest.mark.rule("CSV-9.3", "IMPORT-2.5")
def test_a_row_laid_over_what_it_gave_changes_nothing(tmp_path: Path) -> None:
    """Every part of the lead is as it was, the order of contact points included."""
    once = _merged(tmp_path, "TITLE;PHONE_WORK;Full name;UF_CRM_X", "x;3;Eve;y")
    path = write_file(tmp_path, b"ID;TITLE;PHONE_WORK;Full name;UF_CRM_X\n1;x;3;Eve;y\n")
    file = read_leads(path, all_new=True)
    assert file.sheet is not None
    again = Merge(file.sheet).merged(once, file.leads[0], ["1", "x", "3", "Eve", "y"])
    assert [part.name for part in parts_of(Lead) if getattr(again, part.name) != getattr(once, part.name)] == []
    assert once.custom["UF_CRM_X"] == "y"
    assert THERE.custom.items() <= once.custom.items()


@pytest.mark.rule("CSV-9.3")
def test_what_a_stage_means_stays_with_the_stage(tmp_path: Path) -> None:
    """A file without stages makes no closed lead an active one."""
    closed = evolve(THERE, stage=StageCode("JUNK"), semantics=StageSemantics.FAILURE)
    file = read_leads(write_file(tmp_path, "ID;TITLE\n1;x\n"))
    assert file.sheet is not None
    assert Merge(file.sheet).merged(closed, file.leads[0], ["1", "x"]) == evolve(closed, title="x")


@pytest.mark.rule("CSV-9.3")
def test_a_list_of_all_points_takes_the_place_of_all(tmp_path: Path) -> None:
    """The newer methods answer the points of every kind and type in one field."""
    cells = ["1", "IN_PROCESS", "[{'typeId': 'PHONE', 'valueType': 'HOME', 'value': '2'}]"]
    file = read_leads(write_file(tmp_path, "id;stageId;fm\n" + ";".join(f'"{each}"' for each in cells) + "\n"))
    assert file.sheet is not None
    merged = Merge(file.sheet).merged(THERE, file.leads[0], cells)
    assert merged == evolve(THERE, contact_points=ContactPoints([HOME]))
