"""Writing a whole CRM as CSV files with REST field codes as headings, for people and for other programs."""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import IO, Any

from crmcore.adapters.bitrix24_csv.cells import escape, join_values
from crmcore.adapters.bitrix24_csv.words.columns import LEAD_COLUMNS, POINT_PREFIXES
from crmcore.adapters.bitrix24_csv.words.names import Names
from crmcore.adapters.files import write_part
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import CARDS, ActivityId, Ref
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.model.values import ContactPoint, CustomValue, PointKind

__all__ = ["write_crm", "write_table"]

Row = Sequence[str]
Getter = Callable[[Any], Any]

#: The columns of each kind: heading, and where the value stands in the record.
_ADDRESS = (
    ("FULL_ADDRESS", "address.full"),
    ("ADDRESS", "address.street"),
    ("ADDRESS_2", "address.flat"),
    ("ADDRESS_CITY", "address.city"),
    ("ADDRESS_REGION", "address.region"),
    ("ADDRESS_PROVINCE", "address.province"),
    ("ADDRESS_POSTAL_CODE", "address.postal_code"),
    ("ADDRESS_COUNTRY", "address.country"),
)
_PERSON = (
    ("HONORIFIC", "name.honorific"),
    ("NAME", "name.first"),
    ("SECOND_NAME", "name.middle"),
    ("LAST_NAME", "name.last"),
    ("BIRTHDATE", "birth_date"),
    ("POST", "job_title"),
)
_MONEY = (("OPPORTUNITY", "amount.amount"), ("CURRENCY_ID", "amount.currency"))
_SOURCE = (("SOURCE_ID", "source"), ("SOURCE_DESCRIPTION", "source_description"))
_CLIENT = (("CONTACT_ID", "contact_id"), ("COMPANY_ID", "company_id"))
_CARD = (
    *_ADDRESS,
    ("COMMENTS", "comments"),
    ("OPENED", "opened"),
    ("ASSIGNED_BY_ID", "responsible"),
    ("ORIGINATOR_ID", "origin.originator"),
    ("ORIGIN_ID", "origin.id"),
    ("UTM_SOURCE", "utm.source"),
    ("UTM_MEDIUM", "utm.medium"),
    ("UTM_CAMPAIGN", "utm.campaign"),
    ("UTM_CONTENT", "utm.content"),
    ("UTM_TERM", "utm.term"),
    ("DATE_CREATE", "created_at"),
)
_LEADS = (
    ("ID", "id"),
    ("TITLE", "title"),
    ("STATUS_ID", "stage"),
    ("STATUS_DESCRIPTION", "stage_description"),
    *_MONEY,
    *_PERSON,
    ("COMPANY_TITLE", "company_title"),
    *_SOURCE,
    *_CLIENT,
    ("OBSERVER_IDS", "observers"),
    *_CARD,
)
_DEALS = (
    ("ID", "id"),
    ("TITLE", "title"),
    ("CATEGORY_ID", "pipeline_id"),
    ("STAGE_ID", "stage"),
    *_MONEY,
    ("LEAD_ID", "lead_id"),
    *_CLIENT,
    *_SOURCE,
    *_CARD,
)
_CONTACTS = (("ID", "id"), *_PERSON, ("COMPANY_ID", "company_id"), ("LEAD_ID", "lead_id"), *_SOURCE, *_CARD)
_COMPANIES = (("ID", "id"), ("TITLE", "title"), ("LEAD_ID", "lead_id"), *_CARD)
_ACTIVITIES = (
    "ID",
    "TYPE",
    "SUBJECT",
    "DESCRIPTION",
    "RESPONSIBLE_ID",
    "DEADLINE",
    "CREATED",
    "COMPLETED",
    "COMPLETED_AT",
)

_CUSTOM_PREFIX = "UF_CRM_"
_POINT_ORDER = {(column.kind, column.type): at for at, column in enumerate(LEAD_COLUMNS) if column.kind is not None}


def write_crm(image: CrmImage, names: Names, folder: Path) -> tuple[Path, ...]:
    """Write leads, deals, contacts, companies, activities and the tables of names; gives the paths of the files.

    Every file is written whole under another name before the first is renamed, so that a reader never finds half
    of one. Deleted records have no row. Raises `OSError` where the folder cannot be written.
    """
    tables: dict[str, Iterable[Row]] = {
        "leads.csv": _cards(_LEADS, _living(image.leads)),
        "deals.csv": _cards(_DEALS, _living(image.deals)),
        "contacts.csv": _cards(_CONTACTS, _living(image.contacts)),
        "companies.csv": _cards(_COMPANIES, _living(image.companies)),
        "activities.csv": _activities(_living(image.activities), image.bindings),
        "names.csv": _names(names),
    }
    folder.mkdir(parents=True, exist_ok=True)
    written: list[tuple[Path, Path]] = []
    with ExitStack() as undo:
        for name, rows in tables.items():
            part = write_part(folder / name, partial(write_table, rows))
            undo.callback(part.unlink, missing_ok=True)
            written.append((part, folder / name))
        for part, path in written:
            part.replace(path)
    return tuple(path for _, path in written)


def write_table(rows: Iterable[Row], file: IO[str]) -> None:
    """Write rows as CSV that a spreadsheet opens rightly and runs nothing of."""
    # With the mark a spreadsheet takes the file for UTF-8 when it is opened by a double click.
    file.write("\ufeff")
    writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in rows:
        writer.writerow([escape(cell) if cell else cell for cell in row])


def _living(records: Mapping[Any, Any]) -> list[Any]:
    return [records[id] for id in sorted(records) if not isinstance(records[id], Tombstone)]


def _cards(columns: Sequence[tuple[str, str]], records: list[Any]) -> Iterable[Row]:
    """The rows of leads, deals, contacts or companies: fixed columns, then the points and custom fields in use."""
    points = _points_in_use(records)
    custom = _custom_headings(records)
    getters = [_getter(path) for _, path in columns]
    yield [
        *(heading for heading, _ in columns),
        *(f"{POINT_PREFIXES[kind]}_{type}" for kind, type in points),
        *custom.values(),
    ]
    for record in records:
        row = [_text(getter(record)) for getter in getters]
        if points:
            row += _point_cells(record.contact_points, points)
        if custom:
            row += [_text(record.custom[code]) if code in record.custom else "" for code in custom]
        yield row


def _getter(path: str) -> Getter:
    """The value at a path of one or two names; nothing where the first leads nowhere."""
    first, _, second = path.partition(".")
    if not second:
        return lambda record: getattr(record, first)

    def inner(record: Any) -> Any:
        value = getattr(record, first)
        return None if value is None else getattr(value, second)

    return inner


def _text(value: CustomValue | tuple[int, ...] | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return join_values(map(str, value))
    return str(value)


def _points_in_use(records: list[Any]) -> list[tuple[PointKind, str]]:
    """The kinds and types of contact points that occur: those of the export in its order, then the others."""
    used = {(point.kind, point.type) for record in records for point in getattr(record, "contact_points", ())}
    return sorted(used, key=lambda each: (_POINT_ORDER.get(each, len(_POINT_ORDER) + len(LEAD_COLUMNS)), each))


def _point_cells(points: Iterable[ContactPoint], columns: list[tuple[PointKind, str]]) -> list[str]:
    values: dict[tuple[PointKind, str], list[str]] = {}
    for point in points:
        if point.value is not None:
            values.setdefault((point.kind, point.type), []).append(point.value)
    return [join_values(values[column]) if column in values else "" for column in columns]


def _custom_headings(records: list[Any]) -> dict[str, str]:
    """The heading of each custom field in use, with the product's prefix and never twice the same."""
    codes = sorted({code for record in records for code in record.custom})
    headings = {code: code for code in codes if code.startswith(_CUSTOM_PREFIX) and code != _CUSTOM_PREFIX}
    for code in codes:
        if code not in headings:
            heading = _CUSTOM_PREFIX + code
            while heading in headings.values():
                heading = _CUSTOM_PREFIX + heading
            headings[code] = heading
    return headings


def _activities(records: list[Activity], bindings: Mapping[ActivityId, frozenset[Ref]]) -> Iterable[Row]:
    yield [*_ACTIVITIES, "BINDINGS"]
    for each in records:
        bound = sorted(bindings.get(each.id, ()), key=lambda ref: (CARDS.index(ref.kind), int(ref.id)))
        yield [
            str(each.id),
            each.kind,
            *map(_text, (each.subject, each.description, each.responsible)),
            *map(_text, (each.deadline, each.created_at, each.completed, each.completed_at)),
            join_values(map(str, bound)),
        ]


def _names(names: Names) -> Iterable[Row]:
    """What display names became, as the product's directories: stages, sources and persons."""
    yield ["ENTITY_ID", "STATUS_ID", "NAME"]
    for entity, table in (("STATUS", names.stages), ("SOURCE", names.sources), ("USER", names.persons)):
        for code, name in table.items():
            yield [entity, str(code), name]
