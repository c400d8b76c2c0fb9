"""Who is the same client: equal normalised e-mails, for intake also phones; nothing fuzzy (CONV-7, INTAKE-3)."""

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from crmcore.domain.model.ids import Kind
from crmcore.domain.model.values import ContactPoint, PointKind

__all__ = ["MatchKey", "match_keys", "normal_email", "normal_phone", "point_keys"]


class MatchKey(NamedTuple):
    """One entry of the match index: a kind of record and a normalised e-mail or phone.

    `kind` is that of the record. `point` says whether `value` is an e-mail or a phone, in the form of `normal_email`
    or `normal_phone`.

    >>> MatchKey(Kind.CONTACT, PointKind.EMAIL, "ann@example.com")
    MatchKey(contact, email)
    """

    kind: Kind
    point: PointKind
    value: str

    def __repr__(self) -> str:
        """Show the kinds only: a conflict over a key names it, and the value is somebody's e-mail (DATA-2)."""
        return f"MatchKey({self.kind}, {self.point})"


def normal_email(text: str) -> str | None:
    """The form in which two e-mails are compared: trimmed, composed and case-folded; `None` for what is no e-mail.

    `text` is what somebody has written.

    >>> normal_email(" Ann@Example.com ")
    'ann@example.com'
    """
    # Composing and folding cost ten times as much, and change no plain text.
    normal = text.strip().lower() if text.isascii() else unicodedata.normalize("NFC", text.strip()).casefold()
    local, at, host = normal.rpartition("@")
    return normal if at and local and host else None


def normal_phone(text: str) -> str | None:
    """The form in which two phones are compared: the digits, and the plus in front; `None` where there is no digit.

    `text` is what somebody has written.

    >>> normal_phone("+32 9 555-01-00")
    '+3295550100'
    """
    digits = "".join(filter(str.isdecimal, text))
    if not digits:
        return None
    return "+" + digits if text.lstrip().startswith("+") else digits


def point_keys(points: Iterable[ContactPoint], kinds: Iterable[PointKind]) -> frozenset[tuple[PointKind, str]]:
    """The normalised e-mails and phones among contact points.

    `points` are looked through for the `kinds` of points that are named.

    >>> point_keys([ContactPoint(kind=PointKind.PHONE, value="555-01-00")], [PointKind.EMAIL])
    frozenset()
    """
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
    """The entries of the match index under which records of these kinds with these contact points stand.

    `points` are those of the record, `kinds` the kinds that it is looked up as; `by` says whether e-mails, phones or
    both count.

    >>> match_keys([ContactPoint(kind=PointKind.EMAIL, value="ann@example.com")], [Kind.CONTACT])
    frozenset({MatchKey(contact, email)})
    """
    pairs = point_keys(points, by)
    return frozenset(MatchKey(kind, point, value) for kind in kinds for point, value in pairs)
