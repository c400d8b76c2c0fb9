"""What the headings of a file mean: codes of the REST interface in both spellings, and display names.

The newer methods of the product spell codes in camel case (`stageId`). Single words such as `name` are codes only in
a file that has such a heading, since elsewhere nobody can tell. A display name means the same in every
language.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from crmcore.adapters.bitrix24_csv.languages.catalogue import languages
from crmcore.adapters.bitrix24_csv.words.columns import (
    ACTIVITY_COLUMNS,
    COMPANY_COLUMNS,
    CONTACT_COLUMNS,
    LEAD_COLUMNS,
    MULTI_FIELDS,
    POINT_PREFIXES,
    SUMMARIES,
    Column,
    Meaning,
)
from crmcore.adapters.bitrix24_csv.words.names import plain
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import RECORDS, Kind
from crmcore.domain.model.text import NOTHING, check_code

__all__ = ["Found", "activity_columns", "camel", "client_columns", "is_known", "lead_column", "lead_columns"]

_ANY_POINTS = re.compile(r"(PHONE|EMAIL|WEB|IM)_(\S+)")
_KINDS = {prefix: kind for kind, prefix in POINT_PREFIXES.items()}
_HUMP = re.compile(r"[a-z][a-z0-9_]*[A-Z][A-Za-z0-9_]*")
_CAMEL_CUSTOM = re.compile(r"ufCrm_?([A-Za-z0-9_]+)")
#: What the newer methods call by other words than the older ones.
_NEWER = {
    "createdTime": "DATE_CREATE",
    "updatedTime": "DATE_MODIFY",
    "createdBy": "CREATED_BY_ID",
    "updatedBy": "MODIFY_BY_ID",
    "movedBy": "MOVED_BY_ID",
    "stageDescription": "STATUS_DESCRIPTION",
    "observers": "OBSERVER_IDS",
    "contacts": "CONTACT_IDS",
    "closedTime": "DATE_CLOSED",
}

#: The columns of contact points that only the newer methods have.
_NEWER_POINTS = {"fm": MULTI_FIELDS, **SUMMARIES}


class Found(NamedTuple):
    """What a heading means, whether it is a code and no display name, and whether a mapping says so."""

    column: Column
    is_code: bool
    is_mapped: bool = False


def is_known(column: Column) -> bool:
    """Whether a heading was understood, be it as something that the model has no place for."""
    return not column.code.startswith("?")


def camel(code: str) -> str:
    """A code as the newer methods spell it.

    >>> camel("STATUS_ID"), camel("ADDRESS_2"), camel("TITLE")
    ('statusId', 'address2', 'title')
    """
    first, *rest = code.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)


class _Table:
    """The columns of one kind of file, by code, by code in camel case, and by the display names of each language.

    `renamed` says which of our columns takes the display names of a section that stand for another one there.
    """

    def __init__(
        self,
        section: str,
        columns: tuple[Column, ...],
        newer: Mapping[str, Column],
        renamed: Mapping[str, str] = NOTHING,
    ) -> None:
        self.codes = {column.code: column for column in columns}
        others = {name: column for column in columns for name in column.others}
        self.camel = {camel(code): column for code, column in {**others, **self.codes}.items()} | dict(newer)
        self.camel |= {new: self.codes[code] for new, code in _NEWER.items() if code in self.codes}
        #: Display names come before codes: "Address" is the whole address, while the code `ADDRESS` is the street.
        self.names = {
            plain(name): self.codes[renamed.get(code, code)]
            for each in languages()
            for code, names in each.words(section).items()
            if renamed.get(code, code) in self.codes
            for name in names
        }
        for code, column in {**others, **self.codes}.items():
            # "Name" is what the product calls the title of any record, and `NAME` the first name of a person.
            if code != "NAME":
                self.names.setdefault(plain(code), column)
        self.codes |= {name: column for name, column in others.items() if "_" in name}

    def find(self, heading: str, *, is_camel: bool) -> Found:
        """The column of one heading."""
        column = (self.camel.get(heading) if is_camel else None) or self.codes.get(heading)
        if column is not None:
            return Found(column, True)
        # A form marks what has to be filled, and a list ends its headings like a label.
        key = plain(heading).rstrip("*: ")
        column = self.names.get(key, Column(f"?{key}", Meaning.NOWHERE))
        return Found(column, key == plain(column.code))

    def is_camel(self, headings: Sequence[str]) -> bool:
        return any(
            _HUMP.fullmatch(heading) and (heading in self.camel or _CAMEL_CUSTOM.fullmatch(heading))
            for heading in headings
        )


@cache
def _leads() -> _Table:
    return _Table("leads", LEAD_COLUMNS, _NEWER_POINTS)


@cache
def _clients(kind: Kind) -> _Table:
    """Contacts and companies are written like leads, but for what only they have.

    The title of a company is what a lead calls its company title, and in a file of contacts that is a link.
    """
    columns, title = _CLIENTS[kind]
    table = _Table("leads", columns, _NEWER_POINTS, {"TITLE": "", "COMPANY_TITLE": title})
    for each in languages():
        for name in (name for names in each.kinds[f"{RECORDS[kind]}"].values() for name in names):
            table.names.setdefault(plain(name), Column(name, Meaning.NOWHERE))
    return table


#: The columns of each kind of client, and the one that takes the names of a lead's company title.
_CLIENTS = {Kind.CONTACT: (CONTACT_COLUMNS, "LINKED_COMPANY"), Kind.COMPANY: (COMPANY_COLUMNS, "TITLE")}


@cache
def _activities() -> _Table:
    return _Table("activities", ACTIVITY_COLUMNS, {})


def lead_columns(headings: Sequence[str]) -> list[Found]:
    """The columns that the headings of a lead file mean; one that nobody knows gives a column without a place."""
    return _card_columns(_leads(), headings)


def client_columns(kind: Kind, headings: Sequence[str]) -> list[Found]:
    """The same for a file of contacts or of companies."""
    return _card_columns(_clients(kind), headings)


def _card_columns(table: _Table, headings: Sequence[str]) -> list[Found]:
    texts = [heading.strip() for heading in headings]
    is_camel = table.is_camel(texts)
    return [_card_column(table, text, is_camel=is_camel) for text in texts]


def lead_column(heading: str) -> Found:
    """The same for a heading alone."""
    return lead_columns([heading])[0]


def activity_columns(headings: Sequence[str]) -> list[Found]:
    """The same as `lead_columns` for an activity file."""
    texts = [heading.strip() for heading in headings]
    is_camel = _activities().is_camel(texts)
    return [_activities().find(text, is_camel=is_camel) for text in texts]


def _card_column(table: _Table, heading: str, *, is_camel: bool) -> Found:
    points = _ANY_POINTS.fullmatch(heading)
    if points and heading not in table.codes and _is_code(points[2]):
        prefix, type = points.groups()
        return Found(Column(heading, Meaning.POINTS, "ContactPoint.value", kind=_KINDS[prefix], type=type), True)
    custom = _CAMEL_CUSTOM.fullmatch(heading)
    code = heading if custom is None else "UF_CRM_" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", custom[1]).upper()
    if code.startswith("UF_CRM_") and code != "UF_CRM_" and _is_code(code):
        return Found(Column(code, Meaning.CUSTOM, f"custom.{code}"), True)
    return table.find(heading, is_camel=is_camel)


def _is_code(text: str) -> bool:
    try:
        check_code("", text)
    except InvalidValue:
        return False
    return True
