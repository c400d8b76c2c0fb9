"""The tables of columns: where the cells of each card go, and what only one of them has."""

from crmcore.adapters.bitrix24_csv.words.columns import (
    COMPANY_COLUMNS,
    CONTACT_COLUMNS,
    EXPORT_COLUMNS,
    LEAD_COLUMNS,
    Column,
    Meaning,
)
from crmcore.domain.model.values import PointKind

LEADS, CONTACTS, COMPANIES = (
    {column.code: column for column in columns} for columns in (LEAD_COLUMNS, CONTACT_COLUMNS, COMPANY_COLUMNS)
)


def test_a_column_of_points_has_a_kind_and_a_type() -> None:
    """The type stands in its code; the usual one of a kind is meant by the kind alone."""
    place = "ContactPoint.value"
    phone = Column("PHONE_WORK", Meaning.POINTS, place, ("PHONE",), PointKind.PHONE, "WORK")
    chat = Column("IM_TELEGRAM", Meaning.POINTS, place, (), PointKind.MESSENGER, "TELEGRAM")
    for table in (LEADS, CONTACTS, COMPANIES):
        assert (table["PHONE_WORK"], table["IM_TELEGRAM"]) == (phone, chat)
    assert LEADS["PRICE"] == Column("PRICE", Meaning.NOWHERE, "", (), None, "")


def test_clients_have_the_columns_of_leads_that_they_have_fields_for() -> None:
    """What a client lacks is known and counted; products are no columns of clients."""
    places = {
        "ID": ("Contact.id", "Company.id"),
        "NAME": ("PersonName.first", ""),
        "FULL_NAME": ("", ""),
        "BIRTHDATE": ("Contact.birth_date", ""),
        "ADDRESS_CITY": ("Address.city", "Address.city"),
        "STATUS_ID": ("", ""),
        "OPPORTUNITY": ("", ""),
        "SOURCE_ID": ("Contact.source", ""),
        "UTM_TERM": ("Utm.term", "Utm.term"),
        "ORIGIN_ID": ("ExternalOrigin.id", "ExternalOrigin.id"),
        "COMPANY_ID": ("Contact.company_id", ""),
        "CONTACT_ID": ("", ""),
        "TITLE": ("", "Company.title"),
        "COMMENTS": ("Contact.comments", "Company.comments"),
        "LEAD_ID": ("", ""),
    }
    assert {code: (CONTACTS[code].place, COMPANIES[code].place) for code in places} == places
    meanings = {code: (CONTACTS[code].meaning, COMPANIES[code].meaning) for code in ("FULL_NAME", "STATUS_ID", "NAME")}
    assert meanings == {
        "FULL_NAME": (Meaning.FULL_NAME, Meaning.NOWHERE),
        "STATUS_ID": (Meaning.NOWHERE, Meaning.NOWHERE),
        "NAME": (Meaning.TEXT, Meaning.NOWHERE),
    }
    assert (CONTACTS["STATUS_ID"].others, CONTACTS["LEAD_ID"]) == (("STAGE_ID",), Column("LEAD_ID", Meaning.NOWHERE))
    for table, own in ((CONTACTS, "EXPORT"), (COMPANIES, "INDUSTRY")):
        assert table.keys() - LEADS.keys() >= {own, "LEAD_ID"}
        assert LEADS.keys() - table.keys() == {"PRODUCT_ID", "PRICE", "QUANTITY"}
    codes = [[column.code for column in columns] for columns in (CONTACT_COLUMNS, COMPANY_COLUMNS, EXPORT_COLUMNS)]
    assert [len(each) - len(set(each)) for each in codes] == [0, 0, 0]
