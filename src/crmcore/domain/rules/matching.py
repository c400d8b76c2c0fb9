"""Who is the same client: equal normal forms of e-mails, for intake also of phones; nothing fuzzy (CONV-7, INTAKE-3).

What a normal form is, say MATCH-1 to MATCH-3 and the table of pairs in docs/spec/matching.md.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple
from unicodedata import category, decimal, normalize, ucd_3_2_0

from crmcore.domain.model.ids import Kind
from crmcore.domain.model.values import ContactPoint, PointKind

__all__ = ["MATCH_FORM", "MatchKey", "match_keys", "normal_email", "normal_phone", "point_keys"]

#: The version of the normal forms (MATCH-4): keys that were made in another one find nobody.
MATCH_FORM = 2


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


# The forms of e-mails: MATCH-1.

#: What most addresses are; the form of such a one is itself in small letters.
_PLAIN_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
#: Full-width letters, digits and signs, as some keyboards write them, and the ideographic full stop.
_NARROW: dict[int, int | str] = {**{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}, 0x3002: ".", 0xFF61: "."}
#: Signs that in an address stand for something else than themselves: quotes, comments, lists, routes.
_NOT_LOCAL = frozenset('"(),:;<>[\\]')
#: Characters that nobody sees and that may mean something: joiners, fillers, selectors of variants.
_UNSEEN = frozenset(
    map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x200C, 0x200D, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10)))
)
_JOINERS = "\u200c\u200d"
#: How a label of a domain begins that stands for one in other letters.
_ACE = "xn--"


def normal_email(text: str) -> str | None:
    """The form in which two e-mails are compared, or `None` for what is surely no single address (MATCH-1, MATCH-3).

    `text` is what somebody has written.

    >>> normal_email(" Ann <Ann@Example.com> ")
    'ann@example.com'
    """
    plain = text.strip().lower()
    # Looking closer costs ten times as much, and changes no plain text.
    if _ACE not in plain and _PLAIN_EMAIL.fullmatch(plain):
        return plain
    return _email(text)


def _email(text: str) -> str | None:
    address = _trimmed(text.translate(_NARROW))
    if address.endswith(">"):
        name, _, address = address[:-1].partition("<")
        address = address.strip()
        # A list of several looks alike, and a name that is another address says something else.
        if "@" in name and normal_email(name.strip(" \"'")) != normal_email(address):
            return None
    local, _, host = _bare(address).partition("@")
    local = _lower(local)
    if not local or any(each in _NOT_LOCAL or _is_unsure(each) for each in local):
        return None
    domain = _domain(host)
    return None if domain is None else f"{local}@{domain}"


def _bare(address: str) -> str:
    """An address without the scheme of a link and what a link asks for; an escaped one is left to fail."""
    if address[:7].lower() != "mailto:":
        return address
    address = address[7:].partition("?")[0]
    return "" if "%" in address else address


def _domain(host: str) -> str | None:
    """A domain in small letters, each label in the letters that it stands for; `None` for what is none."""
    labels = []
    for label in _lower(normalize("NFKC", host)).removesuffix(".").split("."):
        if label.startswith(_ACE):
            try:
                shown = label[len(_ACE) :].encode("ascii").decode("punycode")
            except ValueError:
                return None
            if shown.isascii() or shown != _lower(normalize("NFKC", shown)):
                return None
            label = shown
        if not label or not all(map(_is_of_label, label)):
            return None
        labels.append(label)
    return ".".join(labels)


def _is_of_label(character: str) -> bool:
    named = character in "-_" or character.isalnum() or category(character) in ("Mn", "Mc")
    return named and not _is_unsure(character)


def _trimmed(text: str) -> str:
    """Without spaces around it and the characters that only say how to show it."""
    shown = "".join(each for each in text if each in _JOINERS or category(each) != "Cf")
    return shown.strip().strip(_JOINERS).strip()


def _lower(text: str) -> str:
    """Composed and in small letters, with one sigma: capitals do not tell its two small forms apart.

    Folding would also make one of ß and ss, which may be two people.
    """
    return normalize("NFC", normalize("NFC", text).lower()).replace("ς", "σ")


def _is_unsure(character: str) -> bool:
    """Whether this cannot be part of an address, or not every Python knows it: 3.2 is the Unicode that all have."""
    return (
        character.isspace()
        or character in _UNSEEN
        or category(character) == "Cc"
        or ucd_3_2_0.category(character) in ("Cn", "Co", "Cs")
    )


# And of phones: MATCH-2.

#: What most numbers are; the form of such a one is its digits with the plus.
_PLAIN_PHONE = re.compile(r"\+?[1-9][0-9 -]{0,13}[0-9]")
_LONGEST_PHONE = 64
_MOST_DIGITS = 15
#: A number with the signs that people put between its digits, and the extension behind it.
_PHONE = re.compile(
    r"(?:tel:)?([ (]*\+?[ (]*[0-9](?:[0-9 ()./-]*[0-9])?[ )]*)"
    r"(?:(?:;ext=|,? *(?:ext(?:n|ension)?\.?|x|доб\.?) *:? *)([0-9]{1,7}))?",
    re.IGNORECASE,
)
_SIGNS = str.maketrans("", "", " ()./-+")
#: The trunk prefix in brackets is dialled from within some countries, and from abroad in others.
_TRUNK = re.compile(r"\( *0 *\)")
#: Before a stroke stands an area code, behind it a number; else it may be another number, or another last digit.
_LONGEST_AREA, _SHORTEST_REST = 6, 4


def normal_phone(text: str) -> str | None:
    """The form in which two phones are compared, or `None` for what is surely no single number (MATCH-2, MATCH-3).

    `text` is what somebody has written.

    >>> normal_phone("+32 9 555-01-00")
    '+3295550100'
    """
    if _PLAIN_PHONE.fullmatch(text):
        return text.replace(" ", "").replace("-", "")
    return _phone(text)


def _phone(text: str) -> str | None:
    found = None if len(text) > _LONGEST_PHONE else _PHONE.fullmatch((text if text.isascii() else _ascii(text)).strip())
    if found is None:
        return None
    number, extension = found.groups()
    if ("/" in number and not _is_area(*number.split("/"))) or ("0" in number and _TRUNK.search(number)):
        return None
    digits = number.translate(_SIGNS)
    plus = "+" in number
    if not plus and digits.startswith("00"):
        plus, digits = True, digits[2:]
    if len(digits) > _MOST_DIGITS or not digits.strip("0") or (plus and digits[0] == "0"):
        return None
    normal = f"+{digits}" if plus else digits
    return normal if extension is None else f"{normal}x{extension}"


def _is_area(area: str, *rest: str) -> bool:
    """Whether the one stroke of a number stands behind an area code."""
    return (
        len(rest) == 1
        and len(area.translate(_SIGNS)) <= _LONGEST_AREA
        and len(rest[0].translate(_SIGNS)) >= _SHORTEST_REST
    )


def _ascii(text: str) -> str:
    """The digits of any script, and the signs between them, as those of ASCII; other letters stay."""
    return "".join(_plain(each) for each in text.translate(_NARROW))


def _plain(character: str) -> str:
    if character.isdecimal() and not _is_unsure(character):
        return str(decimal(character))
    kind = category(character)
    if kind == "Cf":
        return ""
    return " " if kind == "Zs" else "-" if kind == "Pd" or character == "\u2212" else character


# Keys


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
