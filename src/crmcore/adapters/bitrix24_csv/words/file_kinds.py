"""What kind of records a file holds, told from all of its headings.

A heading that belongs to one kind alone counts two, one that is only usual there counts one. A file is of another kind
than leads when that has two or more, and more than the leads have: so no single column of somebody's own decides.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from crmcore.adapters.bitrix24_csv.languages.catalogue import languages
from crmcore.adapters.bitrix24_csv.words.columns import COMPANY_CODES, CONTACT_CODES
from crmcore.adapters.bitrix24_csv.words.headings import camel
from crmcore.adapters.bitrix24_csv.words.stage_words import stage_key

__all__ = ["FileKind", "Likeness", "Own", "likeness_of", "own_columns"]


class FileKind(StrEnum):
    """The kinds of files that are told apart."""

    LEADS = "leads"
    DEALS = "deals"
    CONTACTS = "contacts"
    COMPANIES = "companies"
    ACTIVITIES = "activities"
    TASKS = "tasks"
    QUOTES = "quotes or invoices"
    ORDERS = "orders"
    STAGES = "stages and sources"
    PIPELINES = "pipelines"
    PRODUCTS = "products"
    USERS = "users"
    CALLS = "call statistics"
    COMMENTS = "comments"


class Own(NamedTuple):
    """What a kind is told by: codes and display names that it alone has, and what else is usual there."""

    codes: tuple[str, ...]
    names: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()


#: Codes of each kind, and words of languages that have no file of their own; `own_columns` has those of all.
_OWN: Mapping[FileKind, Own] = {
    FileKind.LEADS: Own(
        ("STATUS_ID", "STATUS_DESCRIPTION", "STATUS_SEMANTIC_ID", "COMPANY_TITLE"),
    ),
    FileKind.DEALS: Own(
        ("CATEGORY_ID", "IS_NEW", "IS_RECURRING", "IS_REPEATED_APPROACH", "PROBABILITY", "BEGINDATE", "CLOSEDATE",
         "CLOSED", "ADDITIONAL_INFO", "QUOTE_ID", "TYPE_ID"),
        ("Назва угоди", "Стадія угоди", "Anlaşma adı", "Anlaşma aşaması"),
        ("STAGE_ID",),
    ),
    FileKind.CONTACTS: Own(
        (*CONTACT_CODES, "COMPANY_IDS"),
        ("Тип контакту", "Kişi türü", "Kişi tipi"),
        ("COMPANY_ID",),
    ),
    FileKind.COMPANIES: Own(
        COMPANY_CODES,
        ("Тип компанії", "Şirket türü"),
    ),
    FileKind.ACTIVITIES: Own(
        ("OWNER_TYPE_ID", "PROVIDER_ID", "PROVIDER_TYPE_ID", "SUBJECT", "DEADLINE", "COMPLETED", "COMPLETED_AT",
         "START_TIME", "END_TIME", "DIRECTION", "NOTIFY_TYPE", "ASSOCIATED_ENTITY_ID", "BINDINGS", "COMMUNICATIONS",
         "RESPONSIBLE_ID", "DESCRIPTION_TYPE", "PRIORITY", "TYPE_ID", "UF_CRM_TASK", "ENTITY_TYPE"),
        ("Тип справи",),
    ),
    FileKind.TASKS: Own(
        ("REAL_STATUS", "GROUP_ID", "STAGES_ID", "PARENT_ID", "TIME_ESTIMATE", "TASK_CONTROL", "ACCOMPLICES",
         "AUDITORS", "CLOSED_DATE", "CHANGED_DATE", "RESPONSIBLE_ID", "ALLOW_TIME_TRACKING"),
    ),
    FileKind.QUOTES: Own(
        ("QUOTE_NUMBER", "DEAL_ID", "BEGINDATE", "CLOSEDATE", "ACCOUNT_NUMBER", "MYCOMPANY_ID", "DATE_BILL",
         "DATE_PAY_BEFORE", "PERSON_TYPE_ID", "PAY_VOUCHER_NUM", "CLIENT_TITLE"),
    ),
    FileKind.ORDERS: Own(
        ("PAYED", "CANCELED", "DEDUCTED", "DELIVERY_ID", "PAY_SYSTEM_ID", "PRICE_DELIVERY", "ORDER_ID"),
    ),
    FileKind.STAGES: Own(
        ("STATUS_ID", "NAME_INIT", "SYSTEM", "SEMANTICS", "SORT"),
        (),
        ("ENTITY_ID",),
    ),
    FileKind.PIPELINES: Own(
        ("IS_DEFAULT", "IS_LOCKED", "CREATED_DATE", "SORT"),
    ),
    FileKind.PRODUCTS: Own(
        ("CATALOG_ID", "SECTION_ID", "VAT_ID", "VAT_INCLUDED", "MEASURE", "XML_ID", "PREVIEW_PICTURE"),
        (),
        ("SKU",),
    ),
    FileKind.USERS: Own(
        ("UF_DEPARTMENT", "WORK_POSITION", "PERSONAL_GENDER", "PERSONAL_BIRTHDAY", "PERSONAL_PHOTO", "IS_ONLINE",
         "LAST_LOGIN", "USER_TYPE", "DATE_REGISTER"),
        (),
        ("ACTIVE",),
    ),
    FileKind.CALLS: Own(
        ("CALL_ID", "CALL_DURATION", "CALL_START_DATE", "CALL_TYPE", "CALL_FAILED_CODE", "CRM_ENTITY_TYPE",
         "CRM_ENTITY_ID", "CRM_ACTIVITY_ID", "PORTAL_USER_ID", "PORTAL_NUMBER", "PHONE_NUMBER"),
    ),
    FileKind.COMMENTS: Own(
        ("COMMENT", "AUTHOR_ID", "FILES"),
    ),
}  # fmt: skip

#: Columns that name another lead: in files of everything that belongs to leads.
_REFERENCES = ("LEAD_ID", "Лид", "Lead")
#: The same as codes alone: in other systems "OwnerId" and `owner_id` are a person.
_OWNERS = frozenset({"OWNER_ID", camel("OWNER_ID")})
_REFERENCE_WEIGHT = 3
#: The headings of activities that say what kind of file it is.
_TELLING = ("TYPE", "SUBJECT", "DEADLINE", "COMPLETED", "COMPLETED_AT")
#: A heading of several words with one that begins so speaks of deals or leads, in whatever case and order.
_DEALS = "deal сделк affar trattativ negoci negocj auftrag transakc transaction угод anlasma opportunit oportunidad"
_DEAL_WORD = re.compile("|".join(map(stage_key, _DEALS.split())))
_LEAD_WORD = re.compile(rf"(?:leads?|(?:{stage_key('лид')}|{stage_key('лід')})\w{{0,2}}|prospect(?:o?s?))\Z")
_KINDS_OF_REFERENCES = (FileKind.DEALS, FileKind.CONTACTS, FileKind.COMPANIES, FileKind.ACTIVITIES)


class Likeness(NamedTuple):
    """How much a file is like one kind, and the headings that say so, the strongest first."""

    score: int
    headings: tuple[str, ...]


def _codes(codes: Iterable[str]) -> dict[str, int]:
    found = dict.fromkeys(codes, 2)
    # A single word such as "export" is a code in capitals only; `ownerTypeId` and `owner_type_id` are codes anyhow.
    found |= {camel(code): 2 for code in found if "_" in code}
    found |= {code.lower(): 2 for code in found if "_" in code}
    return found


@cache
def own_columns() -> Mapping[FileKind, Own]:
    """What each kind is told by, in all languages; headings of activities are usual for them, and some for tasks."""
    found = {}
    for kind, own in _OWN.items():
        words = [each.kinds.get(kind.name.lower(), {}) for each in languages()]
        names = (name for each in words for name in each.get("names", ()))
        usual = [name for each in words for name in each.get("usual", ())]
        if kind is FileKind.ACTIVITIES:
            usual += [name for each in languages() for code in _TELLING for name in each.words("activities")[code]]
        if kind is FileKind.TASKS:
            usual += [name for each in languages() for name in each.words("types")["task"]]
            usual += [name for each in languages() for name in each.words("activities")["DEADLINE"]]
        found[kind] = Own(
            own.codes, tuple(dict.fromkeys((*names, *own.names))), tuple(dict.fromkeys((*own.usual, *usual)))
        )
    return found


@cache
def _weights() -> dict[FileKind, tuple[dict[str, int], dict[str, int]]]:
    return {
        kind: (
            _codes(own.codes),
            {stage_key(name): 1 for name in (*own.usual, *own.codes)} | {stage_key(name): 2 for name in own.names},
        )
        for kind, own in own_columns().items()
    }


@cache
def _headings_of(*codes: str) -> frozenset[str]:
    """What the columns of leads are called, as they are compared here."""
    return frozenset(
        stage_key(name) for each in languages() for code in codes for name in each.words("leads").get(code, ())
    )


_OWN_CODES = frozenset(code for own in _OWN.values() for code in own.codes)
_REFERENCE_KEYS = frozenset(map(stage_key, _REFERENCES))
#: In a file that has no other ids these are those of its records.
_ID_OF_LEADS = stage_key("LEAD_ID")


def likeness_of(headings: Sequence[str]) -> dict[FileKind, Likeness]:
    """How much the headings are like those of each kind."""
    found: dict[FileKind, list[tuple[int, str]]] = {kind: [] for kind in FileKind}
    has_ids = any(heading.strip().casefold() == "id" for heading in headings)
    for heading in headings:
        text, key = heading.strip(), stage_key(heading)
        if text.startswith("UF_CRM_") and text not in _OWN_CODES:
            continue  # somebody's own field, whatever it is called
        for kind, (codes, names) in _weights().items():
            weight = codes.get(text) or names.get(key) or _by_words(kind, key)
            if weight:
                found[kind].append((weight, heading))
        if text in _OWNERS or (key in _REFERENCE_KEYS and (has_ids or key != _ID_OF_LEADS)):
            for kind in _KINDS_OF_REFERENCES:
                found[kind].append((_REFERENCE_WEIGHT, heading))
    keys = {stage_key(heading): heading for heading in headings}
    # A file that names persons and has no title is usual for contacts.
    if not keys.keys() & (_headings_of("TITLE") | {"title"}):
        persons = _headings_of("NAME", "LAST_NAME") | {"name"}
        found[FileKind.CONTACTS] += [(1, keys[key]) for key in keys if key in persons][:1]
    return {
        kind: Likeness(sum(weight for weight, _ in each), tuple(name for _, name in sorted(each, key=_by_weight)))
        for kind, each in found.items()
    }


def _by_weight(found: tuple[int, str]) -> int:
    return -found[0]


def _by_words(kind: FileKind, key: str) -> int:
    words = key.split()
    if len(words) < 2 or key in _REFERENCE_KEYS:
        return 0
    if kind is FileKind.DEALS:
        return int(any(map(_DEAL_WORD.match, words)))
    if kind is FileKind.LEADS:
        return 2 * any(map(_LEAD_WORD.match, words))
    return 0
