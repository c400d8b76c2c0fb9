"""What headings mean: codes in both spellings, display names, points and fields of any kind."""

from crmcore.adapters.bitrix24_csv.words.columns import MULTI_FIELDS, SUMMARIES, Column, Meaning
from crmcore.adapters.bitrix24_csv.words.headings import (
    Found,
    activity_columns,
    client_columns,
    is_known,
    lead_column,
    lead_columns,
)
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.values import PointKind


def _codes(found: list[Found]) -> list[str]:
    """The codes, those that stand as codes in the file with an equals sign before them."""
    assert not any(each.is_mapped for each in found)
    return [f"{'=' if each.is_code else ''}{each.column.code}" for each in found]


def test_headings_of_an_export_and_of_the_older_methods() -> None:
    """Codes in capitals or small letters, and names in whatever case, with the marks of forms and labels behind."""
    means = {
        "ID": "=ID",
        " STATUS_ID ": "=STATUS_ID",
        "status_id": "=STATUS_ID",
        "STAGE_ID": "=STATUS_ID",
        "Stage": "STATUS_ID",
        " Стадия ": "STATUS_ID",
        "Название лида*: ": "TITLE",
        "title": "=TITLE",
        "NAME": "=NAME",
        "name": "?name",
        "Name": "?name",
        "PHONE": "PHONE_WORK",
        "e-mail": "EMAIL_WORK",
        "WEB": "WEB_WORK",
        "IM": "IM_OTHER",
        "ADDRESS": "=ADDRESS",
        "Address": "FULL_ADDRESS",
        "Observers:": "OBSERVER_IDS",
        "createdTime1": "?createdtime1",
        "fm": "?fm",
        "someCode": "?somecode",
        "Foo  Bar": "?foo bar",
        "": "?",
    }
    assert dict(zip(means, _codes(lead_columns(list(means))), strict=True)) == means
    assert lead_column(" Foo  Bar") == Found(Column("?foo bar", Meaning.NOWHERE), False)
    assert [is_known(lead_column(each).column) for each in ("Foo", "PRICE", "")] == [False, True, False]


def test_headings_of_the_newer_methods() -> None:
    """One of several words in camel case tells that single words are codes too; an unknown one does not."""
    means = {
        "id": "=ID",
        "stageId": "=STATUS_ID",
        "name": "=NAME",
        "title": "=TITLE",
        "phoneWork": "=PHONE_WORK",
        "address2": "=ADDRESS_2",
        "isManualOpportunity": "=IS_MANUAL_OPPORTUNITY",
        "createdTime": "=DATE_CREATE",
        "updatedTime": "=DATE_MODIFY",
        "createdBy": "=CREATED_BY_ID",
        "updatedBy": "=MODIFY_BY_ID",
        "movedBy": "=MOVED_BY_ID",
        "stageDescription": "=STATUS_DESCRIPTION",
        "observers": "=OBSERVER_IDS",
        "contacts": "=CONTACT_IDS",
        "closedTime": "=DATE_CLOSED",
        "ufCrm_12_abc": "=UF_CRM_12_ABC",
        "ufCrmSizeXl": "=UF_CRM_SIZE_XL",
        "ufCrm5Abc": "=UF_CRM_5_ABC",
        "UF_CRM_x": "=UF_CRM_x",
        "TITLE": "=TITLE",
        "Имя": "NAME",
        "Email": "EMAIL_WORK",
        "someCode": "?somecode",
    }
    assert dict(zip(means, _codes(lead_columns(list(means))), strict=True)) == means
    points = [*SUMMARIES, "fm"]
    found = lead_columns(["stageId", *points])[1:]
    assert found == [Found(column, True) for column in (*SUMMARIES.values(), MULTI_FIELDS)]
    assert _codes(lead_columns(["ufCrm_1", "name"])) == ["=UF_CRM_1", "=NAME"]
    assert _codes(lead_columns(["someCode", "name"])) == ["?somecode", "?name"]
    assert _codes(lead_columns(["ufCrm", "name"])) == ["?ufcrm", "?name"]
    assert _codes(lead_columns(["statusid", "name"])) == ["?statusid", "?name"]


def test_points_of_any_type_and_fields_of_any_code() -> None:
    """A type or a code of a portal's own, as far as it can be one."""
    points = {
        "PHONE_X-1": PointKind.PHONE,
        "EMAIL_x": PointKind.EMAIL,
        "WEB_SHOP": PointKind.WEBSITE,
        "IM_SIGNAL": PointKind.MESSENGER,
    }
    for heading, kind in points.items():
        column = Column(heading, Meaning.POINTS, "ContactPoint.value", (), kind, heading.partition("_")[2])
        assert lead_column(f" {heading} ") == Found(column, True)
    assert lead_column("PHONE_WORK").column.others == ("PHONE",)
    assert lead_column("UF_CRM_A.1") == Found(Column("UF_CRM_A.1", Meaning.CUSTOM, "custom.UF_CRM_A.1"), True)
    longest = "UF_CRM_" + "Z" * 93
    assert _codes([lead_column(longest), lead_column(longest + "Z")]) == [f"={longest}", f"?{longest.lower()}z"]
    none = ["UF_CRM_", "UF_CRM_a b", "WEB_", "PHONE_a b", "PHONE_" + "Z" * 101, "XPHONE_A", "ufCrm_1x y"]
    assert [each.column.meaning for each in lead_columns(none)] == [Meaning.NOWHERE] * 7
    assert not any(each.is_code for each in lead_columns(none))


def test_headings_of_clients() -> None:
    """The title of a company is what a lead calls its company title, and a link in a file of contacts."""
    means = {
        "ID": ("=ID", "=ID"),
        "TITLE": ("=TITLE", "=TITLE"),
        "Название компании": ("LINKED_COMPANY", "TITLE"),
        "Компания": ("LINKED_COMPANY", "LINKED_COMPANY"),
        "Компания: ID": ("COMPANY_ID", "COMPANY_ID"),
        "Название лида": ("?название лида", "?название лида"),
        "Имя": ("NAME", "NAME"),
        "Тип контакта": ("=Тип контакта", "?тип контакта"),
        "Тип компании": ("?тип компании", "=Тип компании"),
        "COMPANY_IDS": ("=COMPANY_IDS", "?company_ids"),
        "COMPANIES": ("COMPANY_IDS", "?companies"),
        "TYPE_ID": ("=TYPE_ID", "?type_id"),
        "INDUSTRY": ("?industry", "=INDUSTRY"),
        "LEAD_ID": ("=LEAD_ID", "=LEAD_ID"),
    }
    for place, kind in enumerate((Kind.CONTACT, Kind.COMPANY)):
        found = client_columns(kind, list(means))
        assert dict(zip(means, _codes(found), strict=True)) == {name: both[place] for name, both in means.items()}
    assert client_columns(Kind.CONTACT, ["Тип контакта"])[0].column.meaning is Meaning.NOWHERE
    camel = client_columns(Kind.CONTACT, ["companyIds", "name", "fm"])
    assert [each.column.place for each in camel] == ["Contact.company_id", "PersonName.first", "ContactPoint.value"]


def test_headings_of_activities() -> None:
    """Their codes have further names of the interface, and single words are codes beside one in camel case."""
    means = {
        "ID": "=ID",
        "Лид": "LEAD_ID",
        "LEAD_ID": "=LEAD_ID",
        "OWNER_ID": "=OWNER_ID",
        "ENTITY_ID": "=OWNER_ID",
        "ENTITY_TYPE": "=OWNER_TYPE_ID",
        " TYPE_ID ": "=TYPE",
        "subject": "=SUBJECT",
        "UF_CRM_TASK": "=BINDINGS",
        "Завершено *": "COMPLETED",
        "PHONE_WORK": "?phone_work",
        "Foo": "?foo",
    }
    assert dict(zip(means, _codes(activity_columns(list(means))), strict=True)) == means
    newer = ["id", "ownerTypeId", " ownerId ", "type", "completed"]
    assert _codes(activity_columns(newer)) == ["=ID", "=OWNER_TYPE_ID", "=OWNER_ID", "=TYPE", "=COMPLETED"]
