"""The table of columns: the code of each heading, what its cells mean, and which field of the model takes them.

The rows stand in the order of the product's own lead export (58 columns), followed by those of its REST interface.

lines: tables, a line for each column.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, NamedTuple

from attrs import fields

from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.values import PointKind

__all__ = [
    "ACTIVITY_COLUMNS",
    "COMPANY_CODES",
    "COMPANY_COLUMNS",
    "CONTACT_CODES",
    "CONTACT_COLUMNS",
    "EXPORT_COLUMNS",
    "KIND_ORDER",
    "LEAD_COLUMNS",
    "MULTI_FIELDS",
    "POINT_PREFIXES",
    "PRODUCT_CODES",
    "SUMMARIES",
    "WHAT_IS_WRONG",
    "Column",
    "Meaning",
]


class Meaning(Enum):
    """How the cells of a column are read."""

    ID = auto()
    TEXT = auto()
    DATE = auto()
    INSTANT = auto()
    NUMBER = auto()
    FLAG = auto()
    STAGE = auto()
    SOURCE = auto()
    PERSON = auto()
    PERSONS = auto()
    POINTS = auto()
    FULL_NAME = auto()
    CUSTOM = auto()
    WHOLE = auto()
    LIST = auto()
    #: Whether the stage means success, failure or neither; it has to agree with the stage.
    SEMANTICS = auto()
    #: A client that a lead or a contact is linked to.
    CLIENT = auto()
    #: Contact points of every kind in one cell, as a list of objects.
    MULTI_FIELDS = auto()
    LEADS = auto()
    OWNER = auto()
    OWNER_TYPE = auto()
    BINDINGS = auto()
    KIND = auto()
    #: The model has no place for it: counted and reported.
    NOWHERE = auto()


class Column(NamedTuple):
    """One column: its REST field code, what it means and where it goes.

    `place` is entity and attribute, the way `InvalidValue` names a field; `others` are further codes of it. What people
    read above it stands in the files of the languages.
    """

    code: str
    meaning: Meaning
    place: str = ""
    others: tuple[str, ...] = ()
    kind: PointKind | None = None
    type: str = ""


#: The REST codes of contact points begin with these.
POINT_PREFIXES = {
    PointKind.PHONE: "PHONE",
    PointKind.WEBSITE: "WEB",
    PointKind.EMAIL: "EMAIL",
    PointKind.MESSENGER: "IM",
}


#: Where the points of a kind stand among those of a record in an answer, in whatever order its parts come.
KIND_ORDER = {kind: place for place, kind in enumerate(POINT_PREFIXES, 1)}


def _points(kind: PointKind, type: str, *others: str) -> Column:
    code = f"{POINT_PREFIXES[kind]}_{type}"
    return Column(code, Meaning.POINTS, "ContactPoint.value", others, kind, type)


def _nowhere(code: str, *others: str) -> Column:
    return Column(code, Meaning.NOWHERE, "", others)


_PHONE, _WEB, _EMAIL, _IM = PointKind.PHONE, PointKind.WEBSITE, PointKind.EMAIL, PointKind.MESSENGER

#: The columns of the export, in its order.
EXPORT_COLUMNS: tuple[Column, ...] = (
    Column("ID", Meaning.ID, "Lead.id"),
    Column("TITLE", Meaning.TEXT, "Lead.title"),
    Column("HONORIFIC", Meaning.TEXT, "PersonName.honorific"),
    Column("NAME", Meaning.TEXT, "PersonName.first"),
    Column("LAST_NAME", Meaning.TEXT, "PersonName.last"),
    Column("SECOND_NAME", Meaning.TEXT, "PersonName.middle"),
    Column("FULL_NAME", Meaning.FULL_NAME),
    Column("BIRTHDATE", Meaning.DATE, "Lead.birth_date"),
    Column("FULL_ADDRESS", Meaning.TEXT, "Address.full"),
    Column("ADDRESS", Meaning.TEXT, "Address.street"),
    Column("ADDRESS_2", Meaning.TEXT, "Address.flat"),
    Column("ADDRESS_CITY", Meaning.TEXT, "Address.city"),
    Column("ADDRESS_REGION", Meaning.TEXT, "Address.region"),
    Column("ADDRESS_PROVINCE", Meaning.TEXT, "Address.province"),
    Column("ADDRESS_POSTAL_CODE", Meaning.TEXT, "Address.postal_code"),
    Column("ADDRESS_COUNTRY", Meaning.TEXT, "Address.country"),
    _points(_PHONE, "WORK", "PHONE"),
    _points(_PHONE, "MOBILE"),
    _points(_PHONE, "FAX"),
    _points(_PHONE, "HOME"),
    _points(_PHONE, "PAGER"),
    _points(_PHONE, "MAILING"),
    _points(_PHONE, "OTHER"),
    _points(_WEB, "WORK", "WEB"),
    _points(_WEB, "HOME"),
    _points(_WEB, "FACEBOOK"),
    _points(_WEB, "VK"),
    _points(_WEB, "LIVEJOURNAL"),
    _points(_WEB, "TWITTER"),
    _points(_WEB, "OTHER"),
    _points(_EMAIL, "WORK", "EMAIL"),
    _points(_EMAIL, "HOME"),
    _points(_EMAIL, "MAILING"),
    _points(_EMAIL, "OTHER"),
    _points(_IM, "FACEBOOK"),
    _points(_IM, "TELEGRAM"),
    _points(_IM, "VK"),
    _points(_IM, "VIBER"),
    _points(_IM, "INSTAGRAM"),
    _points(_IM, "BITRIX24"),
    _points(_IM, "OPENLINE"),
    _points(_IM, "IMOL"),
    _points(_IM, "OTHER", "IM"),
    _nowhere("LINKED_USER"),
    Column("COMPANY_TITLE", Meaning.TEXT, "Lead.company_title"),
    Column("POST", Meaning.TEXT, "Lead.job_title"),
    Column("COMMENTS", Meaning.TEXT, "Lead.comments"),
    Column("STATUS_ID", Meaning.STAGE, "Lead.stage", others=("STAGE_ID",)),
    Column("STATUS_DESCRIPTION", Meaning.TEXT, "Lead.stage_description"),
    _nowhere("PRODUCT_ID"),
    _nowhere("PRICE"),
    _nowhere("QUANTITY"),
    Column("OPPORTUNITY", Meaning.NUMBER, "Money.amount"),
    Column("CURRENCY_ID", Meaning.TEXT, "Money.currency"),
    Column("SOURCE_ID", Meaning.SOURCE, "Lead.source"),
    Column("SOURCE_DESCRIPTION", Meaning.TEXT, "Lead.source_description"),
    Column("OPENED", Meaning.FLAG, "Lead.opened"),
    Column("ASSIGNED_BY_ID", Meaning.PERSON, "Lead.responsible"),
)

#: All columns of leads that are known by name.
LEAD_COLUMNS: tuple[Column, ...] = (
    *EXPORT_COLUMNS,
    _points(_IM, "SKYPE"),
    _points(_IM, "JABBER"),
    Column("OBSERVER_IDS", Meaning.PERSONS, "Lead.observers"),
    Column("ORIGINATOR_ID", Meaning.TEXT, "ExternalOrigin.originator"),
    Column("ORIGIN_ID", Meaning.TEXT, "ExternalOrigin.id"),
    Column("UTM_SOURCE", Meaning.TEXT, "Utm.source"),
    Column("UTM_MEDIUM", Meaning.TEXT, "Utm.medium"),
    Column("UTM_CAMPAIGN", Meaning.TEXT, "Utm.campaign"),
    Column("UTM_CONTENT", Meaning.TEXT, "Utm.content"),
    Column("UTM_TERM", Meaning.TEXT, "Utm.term"),
    Column("DATE_CREATE", Meaning.INSTANT, "Lead.created_at"),
    Column("STATUS_SEMANTIC_ID", Meaning.SEMANTICS, others=("STAGE_SEMANTIC_ID",)),
    Column("CONTACT_ID", Meaning.CLIENT, "Lead.contact_id"),
    Column("COMPANY_ID", Meaning.CLIENT, "Lead.company_id"),
    Column("CONTACT_IDS", Meaning.CLIENT, "Lead.contact_id"),
    Column("LINKED_CONTACT", Meaning.CLIENT, "Lead.contact_id"),
    Column("LINKED_COMPANY", Meaning.CLIENT, "Lead.company_id"),
    _nowhere("ENTITY_TYPE_ID"),
    _nowhere("CREATED_BY_ID"),
    _nowhere("MODIFY_BY_ID"),
    _nowhere("DATE_MODIFY"),
    _nowhere("DATE_CLOSED"),
    _nowhere("MOVED_BY_ID"),
    _nowhere("MOVED_TIME"),
    _nowhere("LAST_ACTIVITY_BY"),
    _nowhere("LAST_ACTIVITY_TIME"),
    _nowhere("LAST_COMMUNICATION_TIME"),
    _nowhere("IS_MANUAL_OPPORTUNITY"),
    _nowhere("IS_RETURN_CUSTOMER"),
    _nowhere("HAS_PHONE"),
    _nowhere("HAS_EMAIL"),
    _nowhere("HAS_IMOL"),
    _nowhere("ADDRESS_COUNTRY_CODE"),
    _nowhere("ADDRESS_LOC_ADDR_ID"),
    _nowhere("WEBFORM_ID"),
    _nowhere("FACE_ID"),
)

#: The contact points of all kinds, as the newer methods of the product list them under `fm`.
MULTI_FIELDS = Column("FM", Meaning.MULTI_FIELDS, "ContactPoint.value")

#: What the newer methods say of these points once more, beside `fm` or beside a field for each type (`phoneWork`).
SUMMARIES: Mapping[str, Column] = {
    camel: Column(code, Meaning.POINTS, "ContactPoint.value", kind=kind, type=type)
    for camel, code, kind, type in (
        ("phone", "PHONE", _PHONE, "WORK"),
        ("email", "EMAIL", _EMAIL, "WORK"),
        ("web", "WEB", _WEB, "WORK"),
        ("im", "IM", _IM, "OTHER"),
        ("imol", "IMOL", _IM, "IMOL"),
        ("skype", "SKYPE", _IM, "SKYPE"),
        ("icq", "ICQ", _IM, "ICQ"),
    )
}

#: The column in which rows that were left out say why; it is no part of what they say.
WHAT_IS_WRONG = "WHAT_IS_WRONG"

#: The columns in which the rows of one lead differ where it has several products.
PRODUCT_CODES = frozenset({"PRODUCT_ID", "PRICE", "QUANTITY"})

#: What only contacts and only companies have, and the model has no place for.
CONTACT_CODES = ("EXPORT", "PHOTO", "TYPE_ID")
COMPANY_CODES = (
    "COMPANY_TYPE",
    "INDUSTRY",
    "EMPLOYEES",
    "REVENUE",
    "BANKING_DETAILS",
    "LOGO",
    "IS_MY_COMPANY",
    "ADDRESS_LEGAL",
    "REG_ADDRESS",
)
#: The fields of a card in which the parts of a value stand, where those are not called like the value.
_FIELD_OF = {
    "PersonName": "name",
    "Money": "amount",
    "ContactPoint": "contact_points",
    "ExternalOrigin": "origin",
}


def _of(card: type[Any], *own: Column) -> tuple[Column, ...]:
    """The columns of another card: its own, and those of leads, without a place where it lacks the field."""
    there = {each.name for each in fields(card)}
    own_codes = {column.code for column in own} | PRODUCT_CODES
    found = []
    for column in LEAD_COLUMNS:
        entity, _, attribute = column.place.partition(".")
        field = attribute if entity == "Lead" else _FIELD_OF.get(entity, entity.lower())
        if column.meaning is Meaning.FULL_NAME:
            field = "name"
        if column.code in own_codes:
            continue
        if field not in there:
            found.append(_nowhere(column.code, *column.others))
        else:
            place = f"{card.__name__}.{attribute}" if entity == "Lead" else column.place
            found.append(column._replace(place=place))
    return (*own, *found, _nowhere("LEAD_ID"))


#: All columns of contacts that are known by name.
CONTACT_COLUMNS = _of(
    Contact,
    Column("COMPANY_IDS", Meaning.CLIENT, "Contact.company_id", ("COMPANIES",)),
    Column("LINKED_COMPANY", Meaning.CLIENT, "Contact.company_id", ("COMPANY",)),
    *map(_nowhere, CONTACT_CODES),
)

#: All columns of companies that are known by name.
COMPANY_COLUMNS = _of(
    Company,
    Column("TITLE", Meaning.TEXT, "Company.title"),
    *map(_nowhere, COMPANY_CODES),
)

#: All columns of activities that are known by name.
ACTIVITY_COLUMNS: tuple[Column, ...] = (
    Column("ID", Meaning.ID, "Activity.id"),
    Column("LEAD_ID", Meaning.LEADS),
    Column("OWNER_ID", Meaning.OWNER, others=("ENTITY_ID",)),
    Column(
        "OWNER_TYPE_ID",
        Meaning.OWNER_TYPE,
        others=(
            "OWNER_TYPE",
            "ENTITY_TYPE_ID",
            "ENTITY_TYPE",
        ),
    ),
    Column("BINDINGS", Meaning.BINDINGS, others=("UF_CRM_TASK",)),
    Column("TYPE", Meaning.KIND, "Activity.kind", others=("TYPE_ID",)),
    Column("SUBJECT", Meaning.TEXT, "Activity.subject"),
    Column("DESCRIPTION", Meaning.TEXT, "Activity.description"),
    Column("RESPONSIBLE_ID", Meaning.PERSON, "Activity.responsible"),
    Column("DEADLINE", Meaning.INSTANT, "Activity.deadline"),
    Column("CREATED", Meaning.INSTANT, "Activity.created_at"),
    Column("COMPLETED", Meaning.FLAG, "Activity.completed"),
    Column("COMPLETED_AT", Meaning.INSTANT, "Activity.completed_at"),
)
