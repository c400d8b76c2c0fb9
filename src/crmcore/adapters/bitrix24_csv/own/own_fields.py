"""Columns that nobody knows by name: fields of a portal's own, which its export writes under their display names."""

import re
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256

from attrs import evolve

from crmcore.adapters.bitrix24_csv.formats.seen import OwnField
from crmcore.adapters.bitrix24_csv.sheets import Heading, Sheet
from crmcore.adapters.bitrix24_csv.words.columns import Column, Meaning
from crmcore.adapters.bitrix24_csv.words.headings import is_known
from crmcore.adapters.bitrix24_csv.words.names import plain
from crmcore.domain.model.text import CODE_LIMIT

__all__ = ["field_code", "own_fields", "own_headings", "with_own_fields"]

_PREFIX = "UF_CRM_"
# Codes of the REST interface that are not known: no names that somebody gave a field.
_CODE = re.compile(r"[A-Z0-9]+(?:_[A-Z0-9]+)+|[a-z][a-z0-9]*[A-Z][A-Za-z0-9]*")
_WORDS = re.compile(r"[^\W_]+(?: [^\W_]+)*")


def field_code(heading: str) -> str:
    """The code of a field that a file names by its display name only; the same name gives the same code in every file.

    >>> field_code("Тип услуги"), field_code("Size (cm)")
    ('UF_CRM_ТИП_УСЛУГИ', 'UF_CRM_SIZE_CM_0A25')
    """
    name = plain(heading)
    words = "_".join(re.findall(r"[^\W_]+", name)).upper()
    if _WORDS.fullmatch(name) and len(words) <= CODE_LIMIT - len(_PREFIX):
        return _PREFIX + words
    mark = sha256(name.encode()).hexdigest()[:4].upper()
    return f"{_PREFIX}{words[: CODE_LIMIT - len(_PREFIX) - 5]}_{mark}"


def with_own_fields(sheet: Sheet) -> Sheet:
    """The sheet whose unknown columns are custom fields of texts, where they have a name of their own and say anything.

    A heading that comes twice, or that may be somebody's data, stays without a place.
    """
    count = Counter(heading.column.code for heading in sheet.headings)
    return evolve(
        sheet,
        headings=tuple(
            _own(heading) if _is_own(sheet, heading) and count[heading.column.code] == 1 else heading
            for heading in sheet.headings
        ),
    )


def _is_own(sheet: Sheet, heading: Heading) -> bool:
    has_name = heading.text == heading.written and not _CODE.fullmatch(heading.written)
    return has_name and not is_known(heading.column) and sheet.is_filled(heading)


def _own(heading: Heading) -> Heading:
    code = field_code(heading.written)
    return evolve(heading, column=Column(code, Meaning.CUSTOM, f"custom.{code}"))


def own_headings(sheet: Sheet) -> tuple[Heading, ...]:
    """The columns of a sheet that are custom fields by their names."""
    return tuple(each for each in sheet.headings if each.column.place.startswith("custom.") and not each.is_code)


def own_fields(cells: Mapping[Heading, int]) -> tuple[OwnField, ...]:
    """These columns as a report says them, each with how many of its cells are filled."""
    return tuple(OwnField(heading.text, heading.column.code, count) for heading, count in cells.items())
