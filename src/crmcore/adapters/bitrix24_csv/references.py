"""Which records a cell names: an id together with its kind, in every form that the product has for it."""

import re
from enum import Enum, auto
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from crmcore.adapters.bitrix24_csv.cells import is_joined, read_id, split_values
from crmcore.adapters.bitrix24_csv.dumps import field_of, read_dump
from crmcore.adapters.bitrix24_csv.errors import Fault
from crmcore.adapters.bitrix24_csv.rows import Unreadable
from crmcore.adapters.bitrix24_csv.sheets import Heading
from crmcore.adapters.bitrix24_csv.words.names import plain
from crmcore.domain.model.ids import Kind

__all__ = ["OTHER", "OtherKind", "Target", "is_link", "read_owner_type", "read_targets"]


class OtherKind(Enum):
    """A kind of records that the model does not have, such as quotes."""

    OTHER = auto()


OTHER: Literal[OtherKind.OTHER] = OtherKind.OTHER


class Target(NamedTuple):
    """One record that a cell names."""

    kind: Kind | OtherKind
    id: int


#: Numbers, prefixes and names of the kinds, as `plain` gives them.
_TYPES: dict[str, Kind] = {
    plain(name): kind
    for kind, names in {
        Kind.LEAD: ("1", "L", "Lead", "CRM_LEAD", "Лид", "Лід", "Prospect", "Prospecto"),
        Kind.DEAL: ("2", "D", "Deal", "CRM_DEAL", "Сделка", "Угода", "Affare", "Trattativa", "Auftrag", "Negociación",
                    "Negócio", "Transaction", "Transakcja"),
        Kind.CONTACT: ("3", "C", "Contact", "CRM_CONTACT", "Контакт", "Contatto", "Kontakt", "Contacto", "Contato"),
        Kind.COMPANY: ("4", "CO", "Company", "CRM_COMPANY", "Компания", "Компанія", "Azienda", "Unternehmen", "Firma",
                       "Compañía", "Empresa", "Entreprise"),
    }.items()
    for name in names
}  # fmt: skip
#: Other kinds of the product: quotes, invoices, orders, smart processes and what else has a number or a prefix.
_OTHERS = re.compile(r"[0-9]+|q|i|si|o|t[0-9a-f]+|quote|invoice|smart_invoice|order|dynamic_[0-9]+|crm_[a-z_]+")
#: What stands in the place of an id where there is no record.
_NO_LINK = frozenset({"0", "0.0", "", "None"})
_REFERENCE = re.compile(r"(?P<kind>[^\W\d_]\w*?|[0-9]+)\s*[_:\s-]\s*(?P<id>[0-9]+(?:\.0+)?)")


def read_owner_type(heading: Heading, cell: str) -> Kind | OtherKind:
    """The kind that a cell names by number, prefix or name; raises `Unreadable`."""
    kind = _kind_of(cell)
    if kind is None:
        said = "expected a type of owners: 1 to 4, or lead, deal, contact, company"
        raise Unreadable(heading.text, Fault.BAD_ID, said)
    return kind


@lru_cache(1_000)
def _kind_of(text: str) -> Kind | OtherKind | None:
    name = plain(text)
    number = read_id(name)
    name = str(number) if number is not None else name
    return _TYPES.get(name) or (OTHER if _OTHERS.fullmatch(name) else None)


def read_targets(heading: Heading, cell: str, kind: Kind | OtherKind | None = None) -> list[Target]:
    """The records of a cell; ids that stand alone are of `kind`. Raises `Unreadable` for anything else.

    A kind that a value names itself counts: `D_2` under `LEAD_ID` is a deal.
    """
    match = None if is_joined(cell) else _REFERENCE.fullmatch(cell)
    if match is not None:  # most cells, at once
        target = _with(_kind_of(match["kind"]), match["id"])
        if target is not None:
            return [target]
    items = read_dump(cell)
    found = [_target(each, kind) for each in (split_values(cell) if items is None else items)]
    targets = [each for each in found if each is not None]
    if len(targets) != len(found) or not found:
        said = "expected records such as lead:102,deal:1" if kind is None else "expected ids, joined by commas"
        raise Unreadable(heading.text, Fault.BAD_ID, said)
    return targets


def is_link(cell: str) -> bool:
    """Whether a cell names a record at all: the product answers a link to nothing as 0.

    >>> is_link("503"), is_link("Ada"), is_link("0"), is_link("[]"), is_link("[0]")
    (True, True, False, False, False)
    """
    items = read_dump(cell)
    return any(str(each).strip() not in _NO_LINK for each in (split_values(cell) if items is None else items))


def _target(item: Any, kind: Kind | OtherKind | None) -> Target | None:
    if isinstance(item, dict):
        type = field_of(item, "OWNER_TYPE_ID") or field_of(item, "ENTITY_TYPE_ID")
        if type is None and isinstance(kind, Kind):  # a list of one kind names it in the key: {"contactId": 5}
            return _with(kind, str(field_of(item, f"{kind}_ID")))
        id = field_of(item, "OWNER_ID") or field_of(item, "ENTITY_ID")
        named = None if type is None else _kind_of(str(type))
        return _with(named, str(id))
    text = str(item).strip()
    alone = read_id(text)
    if alone is not None:
        return _with(kind, text)
    match = _REFERENCE.fullmatch(text)
    return None if match is None else _with(_kind_of(match["kind"]), match["id"])


def _with(kind: Kind | OtherKind | None, id: str) -> Target | None:
    number = read_id(id)
    return None if kind is None or number is None else Target(kind, number)
