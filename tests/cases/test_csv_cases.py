"""Cases that begin in a CSV file and end in one: imported, switched, written, with the cells expected by hand."""

import csv
from pathlib import Path

import pytest

from crmcore import ClientChoice, ModeSwitchPolicy
from crmcore.adapters.bitrix24_csv import read_leads, write_crm
from crmcore.application.images import image_of
from crmcore.domain.protocol.commands import ImportRecords
from tests.building import ADMIN, accepted, classic

#: Filled cells of one lead, and what is found in which file after the switch; `None` is a file without a row.
CASES = [
    pytest.param(
        {"Expected amount": "12.345", "Currency": "EUR"},
        {"deals": {"OPPORTUNITY": "12.345", "CURRENCY_ID": "EUR"}, "leads": {"OPPORTUNITY": "12.345"}},
        id="OR13-three digits behind the point",
    ),
    pytest.param(
        {"Возможная сумма": "1000,5", "Валюта": "USD"},
        {"deals": {"OPPORTUNITY": "1000.5", "CURRENCY_ID": "USD"}},
        id="R7-amount and currency stay together",
    ),
    pytest.param(
        {"Mobile phone": "+1 555 0100", "Home phone": "1,2"},
        {"contacts": {"PHONE_MOBILE": "'+1 555 0100", "PHONE_HOME": "1,2"}, "companies": {"PHONE_HOME": "1,2"}},
        id="R16-phones with their types",
    ),
    pytest.param({"Work phone": "   "}, {"contacts": {"PHONE_WORK": None}}, id="O47-a phone of blanks"),
    pytest.param(
        {"Work e-mail": 'no-at,o"neil@x.example'},
        {"contacts": {"EMAIL_WORK": 'no-at,o"neil@x.example'}},
        id="O48-mails that are none",
    ),
    pytest.param({"First name": "   "}, {"contacts": {"NAME": "Unnamed contact"}}, id="OR8-a name of blanks"),
    pytest.param(
        {"Lead name": "Lamps"},
        {"deals": {"TITLE": "Lamps"}, "companies": {"TITLE": "Lamps"}, "contacts": {"NAME": "Unnamed contact"}},
        id="OR1-only a title",
    ),
    pytest.param(
        {"Address": "1 Station Road, Lyon", "City": "Lyon"},
        {
            "deals": {"FULL_ADDRESS": "1 Station Road, Lyon", "ADDRESS_CITY": "Lyon", "ADDRESS": ""},
            "contacts": {"FULL_ADDRESS": "1 Station Road, Lyon", "ADDRESS_CITY": "Lyon"},
        },
        id="O43-the address as one value",
    ),
    pytest.param(
        {"Стадия": "В работе"},
        {"leads": {"STATUS_ID": "CONVERTED"}, "deals": {"STAGE_ID": "NEW", "LEAD_ID": "1"}},
        id="R17-a stage by its Russian name",
    ),
    pytest.param(
        {"Стадия": "Качественный лид"},
        {"leads": {"STATUS_ID": "CONVERTED", "CONTACT_ID": ""}, "deals": None, "contacts": None},
        id="M8-a good lead is finished, not converted",
    ),
    pytest.param(
        {"Stage": "Junk lead"}, {"leads": {"STATUS_ID": "JUNK"}, "deals": None, "contacts": None}, id="O40-a junk lead"
    ),
    pytest.param(
        {"Responsible": "Ann", "Source": "Spring fair"},
        {
            "deals": {"ASSIGNED_BY_ID": "1", "SOURCE_ID": "UC_DCA9D52041DD"},
            "contacts": {"ASSIGNED_BY_ID": "1", "SOURCE_ID": "UC_DCA9D52041DD"},
        },
        id="R11-the responsible and the source go along",
    ),
]


@pytest.mark.rule("CONV-3", "CONV-4", "CONV-8", "IMPORT-1")
@pytest.mark.parametrize("cells, found", CASES)
def test_a_row_ends_where_the_case_says(
    tmp_path: Path, cells: dict[str, str], found: dict[str, dict[str, str | None] | None]
) -> None:
    """One lead, both clients; the cells of the written files are those of the table."""
    path = tmp_path / "in.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([["ID", *cells], ["1", *cells.values()]])
    read = read_leads(path)
    assert (read.bad_rows, len(read.leads)) == ((), 1)
    scene = classic()
    accepted(scene.crm.import_records(ADMIN, ImportRecords(leads=read.leads)))
    accepted(scene.crm.switch_to_simple(ADMIN, policy=ModeSwitchPolicy(client=ClientChoice.BOTH), key="k"))
    write_crm(image_of(scene.store), read.names, tmp_path / "out")
    for name, expected in found.items():
        with (tmp_path / "out" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        if expected is None:
            assert rows == []
        else:
            (row,) = rows
            assert {heading: row.get(heading) for heading in expected} == expected


@pytest.mark.rule("CONV-8")
@pytest.mark.parametrize("cell", ["1.234,56", "1,234", "1 000"])
def test_r6_a_swapped_separator_imports_nothing(tmp_path: Path, cell: str) -> None:
    """An amount that could be off by a thousand is a bad row, and no lead without its amount either."""
    path = tmp_path / "in.csv"
    path.write_text(f"ID;Expected amount\n1;{cell}\n", encoding="utf-8")
    read = read_leads(path)
    assert read.leads == ()
    assert [(row.line, row.field, row.code) for row in read.bad_rows] == [(2, "Expected amount", "bad_number")]
