"""Who is the same client: equal normalised e-mails, for intake also phones; nothing fuzzy (CONV-7, INTAKE-3)."""

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from crmcore.domain.model.ids import Kind
from crmcore.domain.model.values import ContactPoint, PointKind

__all__ = ["MatchKey", "match_keys", "normal_email", "normal_phone", "point_keys"]


class MatchKey(NamedTuple):
    """One entry of the match index: a kind of record and a normalised e-mail or phone."""

    kind: Kind
    point: PointKind
    value: str

    def __repr__(self) -> str:
        """Show the kinds only: a conflict over a key names it, and the value is somebody's e-mail (DATA-2)."""
        return f"MatchKey({self.kind}, {self.point})"


def normal_email(text: str) -> str | None:
    """The form in which two e-mails are compared: trimmed, composed and case-folded; `None` for what is no e-mail."""
    # Composing and folding cost ten times as much, and change no plain text.
    normal = text.strip().lower() if text.isascii() else unicodedata.normalize("NFC", text.strip()).casefold()
    local, at, host = normal.rpartition("@")
    return normal if at and local and host else None


def normal_phone(text: str) -> str | None:
    """The form in which two phones are compared: the digits, and the plus in front; `None` where there is no digit."""
    digits = "".join(filter(str.isdecimal, text))
    if not digits:
        return None
    return "+" + digits if text.lstrip().startswith("+") else digits


def point_keys(points: Iterable[ContactPoint], kinds: Iterable[PointKind]) -> frozenset[tuple[PointKind, str]]:
    """The normalised e-mails and phones among contact points."""
    wanted = frozenset(kinds)
    keys = set()
    for point in points:
        if point.kind in wanted and point.value is not None:
            normal = normal_email(point.value) if point.kind is PointKind.EMAIL else normal_phone(point.value)
            if normal is not None:
                keys.add((point.kind, normal))
    return frozenset(keys)


def match_keys(
    points: Iterable[ContactPoint],
    kinds: Iterable[Kind],
    by: Iterable[PointKind] = (PointKind.EMAIL,),
) -> frozenset[MatchKey]:
    """The entries of the match index under which records of these kinds with these contact points stand."""
    pairs = point_keys(points, by)
    return frozenset(MatchKey(kind, point, value) for kind in kinds for point, value in pairs)
