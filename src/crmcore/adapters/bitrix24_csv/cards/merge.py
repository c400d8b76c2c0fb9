"""What a lead that is there becomes by a row of a file: the fields that the file has columns for, and no others."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, fields

from crmcore.adapters.bitrix24_csv.cards.card_reader import said_by
from crmcore.adapters.bitrix24_csv.cells import is_filled
from crmcore.adapters.bitrix24_csv.references import is_link
from crmcore.adapters.bitrix24_csv.sheets import Heading, Sheet
from crmcore.adapters.bitrix24_csv.words.columns import POINT_PREFIXES, Meaning
from crmcore.domain.model import values
from crmcore.domain.model.lead import Lead

__all__ = ["Merge"]

#: The values whose parts have columns of their own, by the field that they stand in.
_VALUES: Mapping[str, tuple[str, type[Any]]] = {
    "PersonName": ("name", values.PersonName),
    "Address": ("address", values.Address),
    "Money": ("amount", values.Money),
    "ExternalOrigin": ("origin", values.ExternalOrigin),
    "Utm": ("utm", values.Utm),
}
#: Where an empty cell says nothing: no lead is without them, or the file did not know.
_KEPT_WHERE_EMPTY = frozenset({"stage", "responsible", "created_at"})
_LINKS = frozenset({"contact_id", "company_id"})


class Merge:
    """Lays rows of a sheet over the leads that they are about; a cell that is empty empties its field."""

    def __init__(self, sheet: Sheet) -> None:
        self._headings = [
            each for each in sheet.headings if each.column.place or each.column.meaning is Meaning.FULL_NAME
        ]
        self._points = [each for each in self._headings if each.column.place == "ContactPoint.value"]

    def merged(self, there: Lead, given: Lead, cells: Sequence[str]) -> Lead:
        """The lead that is there, with what the cells of a row say of it; the row was read as `given`."""
        changes: dict[str, Any] = {}
        for heading in self._headings:
            entity, _, name = heading.column.place.partition(".")
            if entity == "Lead":
                changes |= _field(name, given, cells[heading.index])
            elif entity in _VALUES:
                field, _ = _VALUES[entity]
                parts = changes.setdefault(field, _parts(getattr(there, field)))
                parts[name] = _parts(getattr(given, field)).get(name)
            elif entity == "custom":
                custom = changes.setdefault("custom", dict(there.custom))
                custom.pop(name, None)
                custom |= {name: given.custom[name]} if name in given.custom else {}
            elif entity == "" and not said_by(_parts(there.name), cells[heading.index]):  # a full name
                changes["name"] = _parts(given.name)
        for field, cls in _VALUES.values():
            if field in changes:
                is_said = any(part is not None for part in changes[field].values())
                changes[field] = cls(**changes[field]) if is_said or field == "name" else None
        return evolve(there, **{**changes, "contact_points": self._merged_points(there, given)})

    def _merged_points(self, there: Lead, given: Lead) -> values.ContactPoints:
        """The points of the columns of the file, behind those of others; as they are where those are as before."""
        ours = [point for point in there.contact_points if any(_is_of(each, point) for each in self._points)]
        if ours == list(given.contact_points):
            return there.contact_points
        others = [point for point in there.contact_points if point not in ours]
        return values.ContactPoints([*others, *given.contact_points])


def _field(name: str, given: Lead, cell: str) -> dict[str, Any]:
    """A field of the lead itself, as the row has it."""
    if name in _KEPT_WHERE_EMPTY and not is_filled(cell):
        return {}
    if name in _LINKS and getattr(given, name) is None and is_link(cell):
        return {}  # it leads nowhere, so nothing is known of it
    found = {name: getattr(given, name)}
    return {**found, "semantics": given.semantics} if name == "stage" else found


def _parts(value: Any) -> dict[str, Any]:
    return {} if value is None else {each.name: getattr(value, each.name) for each in fields(type(value))}


def _is_of(heading: Heading, point: values.ContactPoint) -> bool:
    """Whether a column has points of this kind and type; one that lists values with their types has all of a kind."""
    column = heading.column
    if column.kind is None:
        return True
    return column.kind is point.kind and (column.type == point.type or heading.written.upper() in _WHOLE_KINDS)


_WHOLE_KINDS = frozenset(POINT_PREFIXES[kind] for kind in values.PointKind)
