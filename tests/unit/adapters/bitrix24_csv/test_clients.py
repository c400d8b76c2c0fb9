"""Contacts and companies beside leads: what their files are, how they are read, and what links lead to (CSV-11)."""

import json
from pathlib import Path

import pytest
from attrs import evolve

from crmcore.adapters.bitrix24_csv import (
    BadFile,
    KnownClients,
    KnownPersons,
    inspect_files,
    read_companies,
    read_contacts,
    read_leads,
)
from crmcore.adapters.bitrix24_csv.cards.clients import client_sheet, clients_in
from crmcore.adapters.bitrix24_csv.cards.links import ClientsThere
from crmcore.adapters.bitrix24_csv.languages.catalogue import LANGUAGES, language
from crmcore.adapters.bitrix24_csv.own.file_map import NO_MAPPING
from crmcore.adapters.bitrix24_csv.words.columns import COMPANY_COLUMNS, CONTACT_COLUMNS
from crmcore.adapters.bitrix24_csv.words.headings import client_columns
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.ids import CompanyId, ContactId, Kind, UserId
from crmcore.domain.model.schema import parts_of
from crmcore.domain.model.values import PersonName, PointKind
from tests.unit.adapters.bitrix24_csv.files import write_file

CONTACTS = "ID;NAME;LAST_NAME;COMPANY_ID\n"
COMPANIES = "ID;TITLE;COMPANY_TYPE\n"
BOSS = UserId(1)
ADA = Contact(id=ContactId(503), responsible=BOSS, name=PersonName(first="Ada", middle="B.", last="Sample"))
BOB = Contact(id=ContactId(504), responsible=BOSS)


def _company(id: int, title: str) -> Company:
    return Company(id=CompanyId(id), responsible=BOSS, title=title)


SAMPLE, OTHER = _company(7, "Sample Ltd"), _company(8, "Other")


def _file(folder: Path, text: str) -> Path:
    return write_file(folder, text.encode())


@pytest.mark.rule("CSV-11.1")
@pytest.mark.parametrize("kind", [Kind.CONTACT, Kind.COMPANY])
def test_each_field_of_a_client_has_a_column(kind: Kind) -> None:
    """But for what an export of the product does not tell."""
    columns, card = {Kind.CONTACT: (CONTACT_COLUMNS, Contact), Kind.COMPANY: (COMPANY_COLUMNS, Company)}[kind]
    values = {"PersonName": "name", "Address": "address", "Utm": "utm", "ExternalOrigin": "origin"}
    values |= {"ContactPoint": "contact_points"}
    found = set()
    for column in columns:
        entity, _, field = column.place.partition(".")
        if column.place:
            found.add(field if entity == card.__name__ else values[entity])
    assert found == {part.name for part in parts_of(card)} - {"custom", "lead_id"}


@pytest.mark.rule("CSV-11.1")
@pytest.mark.parametrize("code", LANGUAGES)
def test_the_headings_of_clients_are_known_in_every_language(code: str) -> None:
    """They are those of leads, but for the title of a company, which a lead calls its company title."""
    words = language(code).words("leads")
    for kind, wanted in (
        (Kind.CONTACT, {"NAME": "NAME", "PHONE_WORK": "PHONE_WORK", "COMPANY_TITLE": "LINKED_COMPANY"}),
        (Kind.COMPANY, {"COMPANY_TITLE": "TITLE", "EMAIL_WORK": "EMAIL_WORK", "FULL_ADDRESS": "FULL_ADDRESS"}),
    ):
        for known, meant in wanted.items():
            assert {found.column.code for found in client_columns(kind, words[known])} == {meant}


@pytest.mark.rule("CSV-11.1")
def test_contacts_and_companies_are_read_from_their_exports(tmp_path: Path, shared: Path) -> None:
    """As they are; what the model has no place for is counted, and an own field is carried."""
    path = _file(
        tmp_path, "ID;Название компании;Рабочий e-mail;Тип компании;Любимый цвет\n7;ООО Образец;o@example.com;x;red\n"
    )
    companies = read_companies(path)
    (company,) = companies.clients
    assert (company.id, company.title, company.contact_points[0].value) == (7, "ООО Образец", "o@example.com")
    assert (companies.unplaced, dict(company.custom)) == ({"Тип компании": 1}, {"UF_CRM_ЛЮБИМЫЙ_ЦВЕТ": "red"})
    contacts = read_contacts(
        shared / "data" / "field" / "07-contact-export-ru.csv", clients=KnownClients(companies=companies.clients)
    )
    (contact,) = contacts.clients
    assert (contact.name, contact.company_id) == (PersonName(first="Ада", last="Пример"), 7)
    assert [point.kind for point in contact.contact_points] == [PointKind.PHONE, PointKind.EMAIL]
    assert contacts.names.persons == {1: "Бея Тест"}


@pytest.mark.rule("CSV-11.1")
def test_answers_of_the_interface_are_read_too(tmp_path: Path) -> None:
    """Of the older methods and of the newer one, with several values and their types."""
    phones = [{"VALUE": "+1 555", "VALUE_TYPE": "HOME"}]
    older = {"ID": "503", "NAME": "Ada", "COMPANY_ID": "7", "TYPE_ID": "CLIENT", "EXPORT": "Y", "PHONE": phones}
    newer = {"id": 503, "name": "Ada", "companyIds": [7], "typeId": "CLIENT", "entityTypeId": 3}
    newer["fm"] = [{"typeId": "PHONE", "value": "+1 555", "valueType": "HOME"}]
    found = []
    for number, answer in enumerate(({"result": [older]}, {"result": {"items": [newer]}})):
        path = write_file(tmp_path, json.dumps(answer).encode(), f"{number}.json")
        (contact,) = read_contacts(path, clients=KnownClients(companies=[SAMPLE])).clients
        found.append((contact.id, contact.company_id, [(each.type, each.value) for each in contact.contact_points]))
    assert found == [(503, 7, [("HOME", "+1 555")])] * 2


@pytest.mark.rule("CSV-11.2", "CSV-3.1")
@pytest.mark.parametrize(
    "text, said",
    [
        ("ID;TITLE;STATUS_ID;COMPANY_TITLE\n1;a;NEW;b\n", "wrong_file"),
        (COMPANIES + "7;Sample Ltd;CLIENT\n", "wrong_file"),
        ("ID;NAME;TYPE_ID;ENTITY_TYPE_ID\n1;a;CLIENT;4\n", "wrong_file"),
        ("ID;PHONE\n1;+1 555\n", "not_understood"),
        ("ID;NAME;a;b;c\n1;Ada;x;y;z\n", "not_understood"),
    ],
)
def test_what_is_no_file_of_contacts_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """As a whole, before any row."""
    with pytest.raises(BadFile) as bad:
        read_contacts(_file(tmp_path, text))
    assert bad.value.row.code == said


@pytest.mark.rule("CSV-11.2", "CSV-3.1")
@pytest.mark.parametrize(
    "text, said",
    [
        ("ID;NAME;TYPE_ID;EXPORT\n1;Ada;CLIENT;Y\n", "wrong_file"),
        ("ID;LEAD_ID;CATEGORY_ID;CLOSEDATE\n1;2;0;2026-01-01\n", "wrong_file"),
        ("ID;NAME;LAST_NAME\n1;Ada;Sample\n", "wrong_file"),
        ("ID;TITLE;NAME\n1;Acme;Ada\n", "wrong_file"),
        ("id,title,stageId\n1,a,JUNK\n", "wrong_file"),
        ("ID;REVENUE;COMPANY_TYPE\n1;5;x\n", "not_understood"),
    ],
)
def test_what_is_no_file_of_companies_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """Contacts among them, which have no title."""
    with pytest.raises(BadFile) as bad:
        read_companies(_file(tmp_path, text))
    assert bad.value.row.code == said


class _There(ClientsThere):
    """A CRM with the other company."""

    def among(self, kind: Kind, ids: object) -> tuple[int, ...]:
        return (8,) if kind is Kind.COMPANY else ()

    def every(self, kind: Kind) -> tuple[Company, ...]:
        return (OTHER,) if kind is Kind.COMPANY else ()


@pytest.mark.rule("CSV-11.3")
@pytest.mark.parametrize(
    "headings, cells, links",
    [
        ("CONTACT_ID;COMPANY_ID", "503;7", (503, 7)),
        ("CONTACT_ID;COMPANY_ID", "0;8", (None, 8)),
        ("CONTACT_IDS", "[503]", (503, None)),
        ("CONTACT_IDS;CONTACT_ID", "[504, 503];503", (503, None)),
        ("contacts;stageId", '"[{""contactId"": 503, ""isPrimary"": ""Y""}]";NEW', (503, None)),
        ("Контакт;Компания", "Ada Sample; sample LTD", (503, 7)),
        ("Контакт", "Sample, Ada B.", (503, None)),
        ("Компания", "Other", (None, 8)),
        ("Контакт;Контакт: ID", "somebody else;503", (503, None)),
    ],
)
def test_a_link_leads_to_a_client_by_id_or_by_name(
    tmp_path: Path, headings: str, cells: str, links: tuple[int | None, int | None]
) -> None:
    """Of the files or of the CRM; the id counts where both are given."""
    known = KnownClients([ADA, BOB], [SAMPLE], _There())
    is_camel = "stageId" in headings
    path = _file(tmp_path, f"{'id;title' if is_camel else 'ID;TITLE'};{headings}\n1;a;{cells}\n")
    (lead,) = read_leads(path, clients=known, all_new=True).leads
    assert (lead.contact_id, lead.company_id) == links


@pytest.mark.rule("CSV-11.3")
def test_what_a_lead_has_besides_its_first_contact_is_counted(tmp_path: Path) -> None:
    """The model has one contact for each lead; a link that counts is no cell without a place."""
    known = KnownClients([ADA, BOB])
    path = _file(tmp_path, 'ID;TITLE;CONTACT_ID;CONTACT_IDS\n1;a;503;"[504, 503]"\n2;b;503;503\n')
    file = read_leads(path, clients=known)
    assert [lead.contact_id for lead in file.leads] == [503, 503]
    assert file.unplaced == {"CONTACT_ID": 0, "CONTACT_IDS": 1}


@pytest.mark.rule("CSV-11.3", "CSV-11.4")
@pytest.mark.parametrize(
    "heading, cell, said",
    [
        ("CONTACT_ID", "504", "linked to a contact that is in no file"),
        ("COMPANY_ID", "9", "linked to a company that is in no file"),
        ("Контакт", "Somebody Else", "linked to a contact that is in no file"),
        ("Компания", "Twin", "expected the id of a company, since 2 of them have this name"),
    ],
)
def test_a_lead_of_a_client_who_is_nowhere_is_a_bad_row(tmp_path: Path, heading: str, cell: str, said: str) -> None:
    """And so is one of a client who could be two; nobody's name is in the message."""
    twins = [_company(id, "Twin") for id in (21, 22)]
    path = _file(tmp_path, f"ID;TITLE;STATUS_ID;{heading}\n1;a;NEW;{cell}\n2;b;NEW;\n3;c;JUNK;{cell}\n")
    file = read_leads(path, clients=KnownClients([ADA], twins))
    (bad,) = file.bad_rows
    assert (bad.line, bad.field, bad.code, file.unlinked) == (2, heading, "unknown_client", 0)
    assert said in bad.message
    assert cell not in bad.message
    assert [(lead.id, lead.is_linked) for lead in file.leads] == [(2, False), (3, False)]


@pytest.mark.rule("CSV-11.5")
def test_it_may_be_taken_without_the_link_and_is_counted(tmp_path: Path) -> None:
    """Only the active ones: a closed lead is not converted, so no second client is made."""
    path = _file(tmp_path, "ID;TITLE;STATUS_ID;CONTACT_ID;COMPANY_ID\n1;a;NEW;504;7\n2;b;NEW;503;\n3;c;JUNK;504;\n")
    file = read_leads(path, clients=KnownClients([ADA], [SAMPLE]), unlinked=True)
    assert [(lead.contact_id, lead.company_id) for lead in file.leads] == [(None, 7), (503, None), (None, None)]
    assert (file.bad_rows, file.unlinked, file.unplaced) == ((), 1, {"CONTACT_ID": 2, "COMPANY_ID": 0})


@pytest.mark.rule("CSV-11.4", "CSV-11.5")
def test_a_contact_of_a_company_that_is_nowhere_is_a_bad_row(tmp_path: Path) -> None:
    """Unless somebody says to take it without."""
    path = _file(tmp_path, CONTACTS + "1;Ada;Sample;7\n2;Bea;Test;9\n")
    known = KnownClients(companies=[SAMPLE])
    file = read_contacts(path, clients=known)
    assert ([each.id for each in file.clients], [row.code for row in file.bad_rows]) == ([1], ["unknown_client"])
    file = read_contacts(path, clients=known, unlinked=True)
    assert [each.company_id for each in file.clients] == [7, None]


@pytest.mark.rule("CSV-11.1")
def test_an_inspection_says_what_clients_are(tmp_path: Path, shared: Path) -> None:
    """With each heading as it will be read, how many there are, and what would refuse them."""
    (seen,) = inspect_files([shared / "data" / "field" / "07-contact-export-ru.csv"])
    assert (seen.kind, seen.leads, seen.clients, seen.refusal) == ("contacts", None, 0, None)
    assert [row.code for row in seen.bad_rows] == ["unknown_client"]
    feeds = {column.heading: column.place for column in seen.columns}
    assert (feeds["Имя"], feeds["Компания"], feeds["Тип контакта"]) == ("PersonName.first", "Contact.company_id", None)
    (companies,) = inspect_files([_file(tmp_path, COMPANIES + "7;Sample Ltd;CLIENT\n")])
    assert (companies.kind, companies.clients) == ("companies", 1)


@pytest.mark.rule("CSV-11.8")
def test_the_name_of_a_client_who_is_nowhere_is_kept(tmp_path: Path) -> None:
    """By a lead that has none; its own says more, and a client who is known gives a link and no name."""
    headings = "ID;Название лида;Стадия;Имя;Название компании;Контакт;Компания\n"
    rows = (
        "1;a;Не обработан;;;Ада Проба;Нигде\n"
        "2;b;Не обработан;Уго;Сама;Ада Проба;Нигде\n"
        "3;c;Некачественный лид;;;Ада Проба;\n"
        "4;d;Не обработан;;;;Sample Ltd\n"
    )
    path = _file(tmp_path, headings + rows)
    file = read_leads(path, unlinked=True, clients=KnownClients(companies=[SAMPLE]))
    assert [(lead.name.first, lead.company_title, lead.company_id) for lead in file.leads] == [
        ("Ада Проба", "Нигде", None),
        ("Уго", "Сама", None),
        ("Ада Проба", None, None),
        (None, None, 7),
    ]
    assert (file.unlinked, file.unplaced["Контакт"], file.unplaced["Компания"]) == (2, 1, 1)


def _page(folder: Path, **row: object) -> Path:
    return write_file(folder, json.dumps({"result": [row], "total": 120}), "page.json")


@pytest.mark.rule("CSV-11.1")
def test_one_page_of_a_longer_list_is_refused_unless_somebody_says_so(tmp_path: Path) -> None:
    """Leads of clients on another page would lose their links."""
    contacts = _page(tmp_path, ID="503", NAME="Ada", TYPE_ID="CLIENT", EXPORT="Y")
    with pytest.raises(BadFile, match=r"\(partial_file\)"):
        read_contacts(contacts)
    assert [each.id for each in read_contacts(contacts, partial=True).clients] == [503]
    companies = _page(tmp_path, ID="7", TITLE="Sample", COMPANY_TYPE="CLIENT")
    with pytest.raises(BadFile, match=r"\(partial_file\)"):
        read_companies(companies)
    assert [each.id for each in read_companies(companies, partial=True).clients] == [7]
    with pytest.raises(BadFile, match=r"\(partial_file\)"):
        client_sheet(Kind.COMPANY, companies, NO_MAPPING)


@pytest.mark.rule("CSV-11.1", "CSV-11.7")
def test_a_file_of_clients_is_read_as_one_of_leads_is(tmp_path: Path) -> None:
    """With its encoding, the persons who are known, its own fields, and where each client stands in it."""
    text = "ID;TITLE;COMPANY_TYPE;ASSIGNED_BY_ID;Größe\n8;Müller;x;Bea;5\n7;b;;Ugo;\n8;Müller;x;Bea;5\n9;c\n"
    path = write_file(tmp_path, text.encode("cp1252"))
    mapping = evolve(NO_MAPPING, encoding="cp1252")
    file = read_companies(path, mapping=mapping, persons=KnownPersons({"bea": 5}))
    assert [(each.id, each.title, each.responsible, dict(each.custom)) for each in file.clients] == [
        (8, "Müller", 5, {"UF_CRM_GRÖSSE": "5"}),
        (7, "b", 1, {}),
    ]
    assert (file.names.persons, file.unplaced) == ({5: "Bea", 1: "Ugo"}, {"COMPANY_TYPE": 2})
    assert [(own.heading, own.code, own.cells) for own in file.own_fields] == [("Größe", "UF_CRM_GRÖSSE", 2)]
    assert [(row.line, row.code) for row in (*file.bad_rows, *file.skipped_rows)] == [
        (5, "cell_count"),
        (4, "id_again"),
    ]
    assert (file.lines, file.sheet is not None) == ({8: 2, 7: 3}, True)


@pytest.mark.rule("CSV-11.4")
def test_nobody_has_to_say_that_a_link_may_not_be_lost(tmp_path: Path) -> None:
    """A contact of a company that is nowhere is a bad row, whoever reads the sheet."""
    sheet = client_sheet(Kind.CONTACT, _file(tmp_path, CONTACTS + "2;Bea;Test;9\n"), NO_MAPPING)
    file = clients_in(Kind.CONTACT, sheet, NO_MAPPING)
    assert (file.clients, [row.code for row in file.bad_rows]) == ((), ["unknown_client"])
