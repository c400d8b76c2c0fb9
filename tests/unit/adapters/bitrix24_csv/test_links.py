"""What a link leads to: who is asked, by which names clients are found, and what is said where none is."""

from collections.abc import Collection, Iterable
from pathlib import Path

import pytest

from crmcore.adapters.bitrix24_csv import KnownClients, read_contacts, read_leads
from crmcore.adapters.bitrix24_csv.cards.links import ClientsThere, has_names
from crmcore.adapters.bitrix24_csv.leads import lead_sheet
from crmcore.adapters.bitrix24_csv.own.file_map import NO_MAPPING
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.ids import CompanyId, ContactId, Kind, UserId
from crmcore.domain.model.values import PersonName
from tests.unit.adapters.bitrix24_csv.files import write_file

BOSS = UserId(1)


def _contact(id: int, **name: str) -> Contact:
    return Contact(id=ContactId(id), responsible=BOSS, name=PersonName(**name))


def _company(id: int, title: str | None = None) -> Company:
    return Company(id=CompanyId(id), responsible=BOSS, title=title)


class _There(ClientsThere):
    """A CRM with a contact and a company, which notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def among(self, kind: Kind, ids: Collection[int]) -> Collection[int]:
        self.asked.append((kind, sorted(ids)))
        return {5, 8} & set(ids)

    def every(self, kind: Kind) -> Iterable[Contact | Company]:
        self.asked.append(kind)
        return [_contact(5, first="Ada", last="Sample")] if kind is Kind.CONTACT else [_company(8, "Sample Ltd")]


def test_a_crm_is_asked_only_for_what_no_file_brings() -> None:
    """An id that a file brings needs no look into the CRM."""
    there = _There()
    known = KnownClients([_contact(503)], [_company(8)], there)
    assert known.among(Kind.CONTACT, {503}) == {503}
    assert there.asked == []
    assert known.among(Kind.CONTACT, {503, 5, 9, 8}) == {503, 5, 8}
    assert known.among(Kind.COMPANY, {5, 8}) == {5, 8}
    assert there.asked == [(Kind.CONTACT, [5, 8, 9]), (Kind.COMPANY, [5])]


def test_the_clients_of_a_crm_are_looked_through_once() -> None:
    """When the first name is asked for, and for each kind alone."""
    there = _There()
    known = KnownClients([_contact(503, first="Ada")], (), there)
    assert [known.called(Kind.CONTACT, name) for name in ("Ada", "sample ADA", "Bea")] == [(503,), (5,), ()]
    assert known.called(Kind.COMPANY, "Sample Ltd") == (8,)
    assert there.asked == [Kind.CONTACT, Kind.COMPANY]


@pytest.mark.rule("CSV-11.3")
def test_a_client_is_called_by_its_whole_name() -> None:
    """A person in whatever order of words, with the second name or without; a company in its own order alone."""
    ada = _contact(503, first="Ada", middle="B.", last="Sample")
    known = KnownClients([ada, _contact(504, last="Sample")], [_company(7, "Sample Ltd"), _company(9)])
    names = ["Ada Sample", "Sample, B. Ada", "sample  ada", "Ada", "Sample", "Ada B."]
    assert [known.called(Kind.CONTACT, name) for name in names] == [(503,), (503,), (503,), (), (504,), ()]
    companies = ["Sample Ltd", " sample  LTD ", "Ltd Sample", "Sample, Ltd", "None", ""]
    assert [known.called(Kind.COMPANY, name) for name in companies] == [(7,), (7,), (), (), (), ()]
    known.bring(Kind.CONTACT, [_contact(505, first="Bea"), _contact(506, first="Ada", last="Sample")], by_name=False)
    assert (known.called(Kind.CONTACT, "Bea"), known.called(Kind.CONTACT, "Ada Sample")) == ((), (503,))
    assert known.among(Kind.CONTACT, {505, 506, 507}) == {505, 506}


@pytest.mark.rule("CSV-11.3")
def test_a_row_asks_for_the_ids_of_its_own_columns(tmp_path: Path) -> None:
    """A company is not looked for among the contacts, and what is empty or a name is no id."""
    there = _There()
    text = "ID;TITLE;CONTACT_ID;COMPANY_ID;Контакт\n1;a;5;8;\n2;b;;0;\n3;c;5;;7\n"
    file = read_leads(write_file(tmp_path, text), clients=KnownClients(there=there), all_new=True)
    assert [(lead.contact_id, lead.company_id) for lead in file.leads] == [(5, 8), (None, None), (5, None)]
    assert there.asked == [(Kind.CONTACT, [5]), (Kind.COMPANY, [8])]


@pytest.mark.parametrize(
    "text, found",
    [
        ("ID;TITLE\n1;a\n", False),
        ("ID;TITLE;CONTACT_ID\n1;a;5\n", False),
        ("ID;TITLE;Контакт\n1;a;\n", False),
        ("ID;TITLE;Контакт\n1;a;Ada\n", True),
        ("ID;TITLE;Компания\n1;a;b\n", True),
    ],
)
def test_a_sheet_may_link_by_names_where_it_has_some(tmp_path: Path, text: str, found: bool) -> None:
    """Else the names of clients need not be known."""
    assert has_names(lead_sheet(write_file(tmp_path, text), NO_MAPPING)) is found


NOWHERE = "this {} is linked to a {} that is in no file and not in the CRM; give the export of clients too (--contacts, --companies), or import it without the link (--unlinked)"  # noqa: E501
TITLE = "where it is only what the lead says of its company, map the heading to COMPANY_TITLE (--mapping)"


@pytest.mark.rule("CSV-11.4", "CSV-2.4")
@pytest.mark.parametrize(
    "headings, cells, field, said",
    [
        ("CONTACT_ID", "9", "CONTACT_ID", NOWHERE.format("lead", "contact")),
        ("COMPANY_ID", "9", "COMPANY_ID", NOWHERE.format("lead", "company")),
        ("Контакт", "Bea", "Контакт", NOWHERE.format("lead", "contact")),
        ("Компания", "Other", "Компания", f"{NOWHERE.format('lead', 'company')}; {TITLE}"),
        ("Компания;Компания: ID", "Other;9", "Компания", NOWHERE.format("lead", "company")),
        ("Контакт", "Twin", "Контакт", "expected the id of a contact, since 2 of them have this name"),
        ("Контакт;Контакт: ID", "Twin;9", "Контакт", NOWHERE.format("lead", "contact")),
        ("COMPANY_ID;CONTACT_ID", "9;9", "CONTACT_ID", NOWHERE.format("lead", "contact")),
    ],
)
def test_what_is_wrong_with_a_link_is_said(tmp_path: Path, headings: str, cells: str, field: str, said: str) -> None:
    """With the ways on; an id that is nowhere counts before a name."""
    known = KnownClients([_contact(21, first="Twin"), _contact(22, last="Twin")])
    (bad,) = read_leads(write_file(tmp_path, f"ID;TITLE;{headings}\n1;a;{cells}\n"), clients=known).bad_rows
    assert (bad.field, bad.code, bad.message) == (field, "unknown_client", said)


@pytest.mark.rule("CSV-11.4")
def test_a_contact_of_a_company_that_is_nowhere_is_told_of(tmp_path: Path) -> None:
    """A contact says nothing else of its company."""
    (bad,) = read_contacts(write_file(tmp_path, "ID;NAME;LAST_NAME;Компания\n1;Ada;Sample;Other\n")).bad_rows
    assert bad.message == NOWHERE.format("contact", "company")


@pytest.mark.rule("CSV-11.3")
def test_links_that_do_not_count_are_counted(tmp_path: Path) -> None:
    """Each column once for a row, also where it names several."""
    known = KnownClients([_contact(5), _contact(6)])
    text = 'ID;TITLE;CONTACT_IDS;CONTACT_ID\n1;a;"[6, 7, 5]";5\n2;b;"[6, 5]";\n3;c;5;6\n'
    file = read_leads(write_file(tmp_path, text), clients=known, all_new=True)
    assert [lead.contact_id for lead in file.leads] == [5, 6, 6]
    assert file.unplaced == {"CONTACT_IDS": 3, "CONTACT_ID": 0}
