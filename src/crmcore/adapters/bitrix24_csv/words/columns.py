"""The table of columns: what each heading is called, what its cells mean, and which field of the model takes them.

The rows stand in the order of the product's own lead export (58 columns), followed by those of its REST interface.
"""

from enum import Enum, auto
from typing import NamedTuple

from crmcore.domain.model.values import PointKind

__all__ = [
    "ACTIVITY_COLUMNS",
    "EXPORT_COLUMNS",
    "LANGUAGES",
    "LEAD_COLUMNS",
    "MULTI_FIELDS",
    "POINT_PREFIXES",
    "PRODUCT_CODES",
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
    #: A client that the lead is linked to, whom a file of leads does not bring.
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
    """One column: its REST field code, its display names, what it means and where it goes.

    `place` is entity and attribute, the way `InvalidValue` names a field; `russian` and `english` are what the
    export calls it (see `LANGUAGES`), `others` further spellings that are understood.
    """

    code: str
    meaning: Meaning
    place: str = ""
    russian: str = ""
    english: str = ""
    others: tuple[str, ...] = ()
    kind: PointKind | None = None
    type: str = ""


#: The languages in which the headings of an export are known, each an attribute of `Column`.
LANGUAGES = ("russian", "english")

#: The REST codes of contact points begin with these.
POINT_PREFIXES = {
    PointKind.PHONE: "PHONE",
    PointKind.WEBSITE: "WEB",
    PointKind.EMAIL: "EMAIL",
    PointKind.MESSENGER: "IM",
}


def _points(kind: PointKind, type: str, russian: str, english: str, *others: str) -> Column:
    code = f"{POINT_PREFIXES[kind]}_{type}"
    return Column(code, Meaning.POINTS, "ContactPoint.value", russian, english, others, kind, type)


def _nowhere(code: str, russian: str = "", english: str = "", *others: str) -> Column:
    return Column(code, Meaning.NOWHERE, "", russian, english, others)


_PHONE, _WEB, _EMAIL, _IM = PointKind.PHONE, PointKind.WEBSITE, PointKind.EMAIL, PointKind.MESSENGER

#: The columns of the export, in its order.
EXPORT_COLUMNS: tuple[Column, ...] = (
    Column("ID", Meaning.ID, "Lead.id", "ID", "ID"),
    Column("TITLE", Meaning.TEXT, "Lead.title", "Название лида", "Lead name", ("Название", "Lead title")),
    Column("HONORIFIC", Meaning.TEXT, "PersonName.honorific", "Обращение", "Salutation"),
    Column("NAME", Meaning.TEXT, "PersonName.first", "Имя", "First name"),
    Column("LAST_NAME", Meaning.TEXT, "PersonName.last", "Фамилия", "Last name"),
    Column("SECOND_NAME", Meaning.TEXT, "PersonName.middle", "Отчество", "Second name", ("Middle name",)),
    Column("FULL_NAME", Meaning.FULL_NAME, "", "Имя, Фамилия", "Full name", ("First name, Last name",)),
    Column("BIRTHDATE", Meaning.DATE, "Lead.birth_date", "Дата рождения", "Date of birth", ("Birth date",)),
    Column("FULL_ADDRESS", Meaning.TEXT, "Address.full", "Адрес", "Address"),
    Column("ADDRESS", Meaning.TEXT, "Address.street", "Улица, номер дома", "Street, house number", ("Street",)),
    Column(
        "ADDRESS_2",
        Meaning.TEXT,
        "Address.flat",
        "Квартира, офис, комната, этаж",
        "Apartment, office, room, floor",
        ("Квартира / офис", "Apartment"),
    ),
    Column("ADDRESS_CITY", Meaning.TEXT, "Address.city", "Населенный пункт", "City", ("Город",)),
    Column("ADDRESS_REGION", Meaning.TEXT, "Address.region", "Район", "Region", ("District",)),
    Column("ADDRESS_PROVINCE", Meaning.TEXT, "Address.province", "Регион", "Province", ("Область", "State")),
    Column("ADDRESS_POSTAL_CODE", Meaning.TEXT, "Address.postal_code", "Почтовый индекс", "Postal code", ("Zip code",)),
    Column("ADDRESS_COUNTRY", Meaning.TEXT, "Address.country", "Страна", "Country"),
    _points(_PHONE, "WORK", "Рабочий телефон", "Work phone", "PHONE", "Phone", "Телефон"),
    _points(_PHONE, "MOBILE", "Мобильный телефон", "Mobile phone", "Mobile"),
    _points(_PHONE, "FAX", "Номер факса", "Fax number", "Fax"),
    _points(_PHONE, "HOME", "Домашний телефон", "Home phone"),
    _points(_PHONE, "PAGER", "Номер пейджера", "Pager number", "Pager"),
    _points(_PHONE, "MAILING", "Телефон для рассылок", "Phone for mailings", "Newsletter phone"),
    _points(_PHONE, "OTHER", "Другой телефон", "Other phone"),
    _points(_WEB, "WORK", "Корпоративный сайт", "Corporate website", "WEB"),
    _points(_WEB, "HOME", "Личная страница", "Personal page", "Personal website"),
    _points(_WEB, "FACEBOOK", "Страница Facebook", "Facebook page"),
    _points(_WEB, "VK", "Страница ВКонтакте", "VK page"),
    _points(_WEB, "LIVEJOURNAL", "Страница LiveJournal", "LiveJournal page"),
    _points(_WEB, "TWITTER", "Микроблог Twitter", "Twitter microblog", "Twitter page"),
    _points(_WEB, "OTHER", "Другой сайт", "Other website"),
    _points(_EMAIL, "WORK", "Рабочий e-mail", "Work e-mail", "EMAIL", "E-mail"),
    _points(_EMAIL, "HOME", "Частный e-mail", "Private e-mail", "Home e-mail"),
    _points(_EMAIL, "MAILING", "E-mail для рассылок", "E-mail for mailings", "Newsletter e-mail", "Newsletters e-mail"),
    _points(_EMAIL, "OTHER", "Другой e-mail", "Other e-mail"),
    _points(_IM, "FACEBOOK", "Контакт Facebook", "Facebook contact", "Facebook account"),
    _points(_IM, "TELEGRAM", "Контакт Telegram", "Telegram contact", "Telegram account", "Telegram"),
    _points(_IM, "VK", "Контакт ВКонтакте", "VK contact", "VK account"),
    _points(_IM, "VIBER", "Контакт Viber", "Viber contact", "Viber account", "Viber"),
    _points(_IM, "INSTAGRAM", "Комментарии Instagram", "Instagram comments", "Instagram account"),
    _points(_IM, "BITRIX24", "Контакт Битрикс24 Network", "Bitrix24 Network contact", "Bitrix24.Network account"),
    _points(_IM, "OPENLINE", "Онлайн-чат", "Online chat"),
    _points(_IM, "IMOL", "Контакт Открытая линия", "Open channel contact"),
    _points(_IM, "OTHER", "Другой контакт", "Other contact", "IM"),
    _nowhere("LINKED_USER", "Связанный пользователь", "Linked user"),
    Column(
        "COMPANY_TITLE", Meaning.TEXT, "Lead.company_title", "Название компании", "Company name", ("Company title",)
    ),
    Column("POST", Meaning.TEXT, "Lead.job_title", "Должность", "Position", ("Job title",)),
    Column("COMMENTS", Meaning.TEXT, "Lead.comments", "Комментарий", "Comment", ("Комментарии",)),
    Column("STATUS_ID", Meaning.STAGE, "Lead.stage", "Стадия", "Stage", ("Статус", "Status", "STAGE_ID")),
    Column(
        "STATUS_DESCRIPTION",
        Meaning.TEXT,
        "Lead.stage_description",
        "Дополнительно о стадии",
        "Stage information",
        ("Дополнительно о статусе", "Status information"),
    ),
    _nowhere("PRODUCT_ID", "Товар", "Product"),
    _nowhere("PRICE", "Цена", "Price"),
    _nowhere("QUANTITY", "Количество", "Quantity"),
    Column("OPPORTUNITY", Meaning.NUMBER, "Money.amount", "Возможная сумма", "Expected amount", ("Сумма", "Amount")),
    Column("CURRENCY_ID", Meaning.TEXT, "Money.currency", "Валюта", "Currency"),
    Column("SOURCE_ID", Meaning.SOURCE, "Lead.source", "Источник", "Source"),
    Column(
        "SOURCE_DESCRIPTION",
        Meaning.TEXT,
        "Lead.source_description",
        "Дополнительно об источнике",
        "Source information",
    ),
    Column("OPENED", Meaning.FLAG, "Lead.opened", "Доступен для всех", "Available to everyone"),
    Column(
        "ASSIGNED_BY_ID",
        Meaning.PERSON,
        "Lead.responsible",
        "Ответственный",
        "Responsible person",
        ("Responsible",),
    ),
)

#: All columns of leads that are known by name.
LEAD_COLUMNS: tuple[Column, ...] = (
    *EXPORT_COLUMNS,
    _points(_IM, "SKYPE", "Контакт Skype", "Skype contact", "Skype ID", "Skype"),
    _points(_IM, "JABBER", "Контакт Jabber", "Jabber contact", "Jabber"),
    Column("OBSERVER_IDS", Meaning.PERSONS, "Lead.observers", "Наблюдатели", "Observers"),
    Column("ORIGINATOR_ID", Meaning.TEXT, "ExternalOrigin.originator"),
    Column("ORIGIN_ID", Meaning.TEXT, "ExternalOrigin.id"),
    Column("UTM_SOURCE", Meaning.TEXT, "Utm.source", others=("UTM Source",)),
    Column("UTM_MEDIUM", Meaning.TEXT, "Utm.medium", others=("UTM Medium",)),
    Column("UTM_CAMPAIGN", Meaning.TEXT, "Utm.campaign", others=("UTM Campaign",)),
    Column("UTM_CONTENT", Meaning.TEXT, "Utm.content", others=("UTM Content",)),
    Column("UTM_TERM", Meaning.TEXT, "Utm.term", others=("UTM Term",)),
    Column("DATE_CREATE", Meaning.INSTANT, "Lead.created_at", "Дата создания", "Created on", ("Created",)),
    Column("STATUS_SEMANTIC_ID", Meaning.SEMANTICS, others=("STAGE_SEMANTIC_ID",)),
    Column("CONTACT_ID", Meaning.CLIENT, "", "Контакт: ID", "Contact: ID"),
    Column("COMPANY_ID", Meaning.CLIENT, "", "Компания: ID", "Company: ID"),
    Column("CONTACT_IDS", Meaning.CLIENT),
    Column("LINKED_CONTACT", Meaning.CLIENT, "", "Контакт", "Contact"),
    Column("LINKED_COMPANY", Meaning.CLIENT, "", "Компания"),
    _nowhere("ENTITY_TYPE_ID"),
    _nowhere("CREATED_BY_ID", "Кем создан", "Created by"),
    _nowhere("MODIFY_BY_ID", "Кем изменен", "Modified by"),
    _nowhere("DATE_MODIFY", "Дата изменения", "Modified on"),
    _nowhere("DATE_CLOSED"),
    _nowhere("MOVED_BY_ID"),
    _nowhere("MOVED_TIME"),
    _nowhere("LAST_ACTIVITY_BY"),
    _nowhere("LAST_ACTIVITY_TIME"),
    _nowhere("LAST_COMMUNICATION_TIME"),
    _nowhere("IS_MANUAL_OPPORTUNITY"),
    _nowhere("IS_RETURN_CUSTOMER", "Повторный лид", "Repeat lead"),
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

#: The columns in which the rows of one lead differ where it has several products.
PRODUCT_CODES = frozenset({"PRODUCT_ID", "PRICE", "QUANTITY"})

#: All columns of activities that are known by name.
ACTIVITY_COLUMNS: tuple[Column, ...] = (
    Column("ID", Meaning.ID, "Activity.id", "ID", "ID"),
    Column("LEAD_ID", Meaning.LEADS, "", "Лид", "Lead"),
    Column("OWNER_ID", Meaning.OWNER, others=("ENTITY_ID",)),
    Column("OWNER_TYPE_ID", Meaning.OWNER_TYPE, others=("OWNER_TYPE", "ENTITY_TYPE_ID", "ENTITY_TYPE")),
    Column("BINDINGS", Meaning.BINDINGS, others=("UF_CRM_TASK",)),
    Column("TYPE", Meaning.KIND, "Activity.kind", "Тип", "Type", ("TYPE_ID",)),
    Column("SUBJECT", Meaning.TEXT, "Activity.subject", "Тема", "Subject"),
    Column("DESCRIPTION", Meaning.TEXT, "Activity.description", "Описание", "Description"),
    Column("RESPONSIBLE_ID", Meaning.PERSON, "Activity.responsible", "Ответственный", "Responsible person"),
    Column("DEADLINE", Meaning.INSTANT, "Activity.deadline", "Крайний срок", "Deadline"),
    Column("CREATED", Meaning.INSTANT, "Activity.created_at", "Дата создания", "Created on"),
    Column("COMPLETED", Meaning.FLAG, "Activity.completed", "Завершено", "Completed"),
    Column("COMPLETED_AT", Meaning.INSTANT, "Activity.completed_at", "Дата завершения", "Completed on"),
)
