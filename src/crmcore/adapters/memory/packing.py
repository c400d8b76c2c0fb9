"""References as plain numbers: a tuple of numbers is nothing that the garbage collector visits again.

With references and their tuples kept as they are, it would visit a third more objects after a switch.
"""

from collections.abc import Iterable

from crmcore.domain.ids import Kind, Ref

__all__ = ["is_lead", "lead_id_of", "pack", "unpack"]

_KINDS = (Kind.LEAD, Kind.DEAL, Kind.CONTACT, Kind.COMPANY)
_CODES = {kind: code for code, kind in enumerate(_KINDS)}


def pack(kind: Kind, id: int | str) -> int:
    """One number for a reference that an activity may be bound to."""
    return int(id) << 2 | _CODES[kind]


def unpack(packed: Iterable[int]) -> frozenset[Ref]:
    """The references again."""
    return frozenset(Ref(_KINDS[each & 3], each >> 2) for each in packed)


def is_lead(packed: int) -> bool:
    """Whether a packed reference names a lead."""
    return not packed & 3


def lead_id_of(packed: int) -> int:
    """The id of a packed reference."""
    return packed >> 2
