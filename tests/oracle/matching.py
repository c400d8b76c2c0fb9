"""The normal forms of e-mails and phones, and who has one of them (MATCH-1 to MATCH-3)."""

import re
import unicodedata
from collections.abc import Iterable

from tests.oracle.refusals import Row
from tests.oracle.world import World

__all__ = ["email_form", "emails_of", "forms_of", "phone_form", "phones_of", "with_form"]

#: May mean something, although nobody sees them: joiners and selectors.
_JOINERS = re.compile("[\u200c\u200d\u034f\ufe00-\ufe0f\U000e0100-\U000e01ef\u180b-\u180d]")
_EXTENSION = re.compile(r"(?:;ext=|ext\.?|extn\.?|extension|x|доб\.?)\s*([0-9]{1,7})$", re.IGNORECASE)
_STROKE = re.compile(r"([^/]*)/([^/]*)")


def email_form(text: str) -> str | None:
    """The normal form of an e-mail, or nothing where the text is not surely one address."""
    plain = _plain(text)
    if plain is None:
        return None
    address = _of_link(_without_name(plain.strip()))
    if address is None or address.count("@") != 1:
        return None
    local, _, domain = address.partition("@")
    domain = re.sub("[\u3002\uff61]", ".", domain).removesuffix(".")
    labels = [_label(each) for each in domain.split(".")]
    if not local or re.search(r"[\s\"'()<>\[\],:;\\]", local) or None in labels:
        return None
    return _small(f"{local}@{'.'.join(map(str, labels))}")


def _plain(text: str) -> str | None:
    """The text without what nobody sees, full-width characters as those that they are made after."""
    if _JOINERS.search(text) or any(unicodedata.ucd_3_2_0.category(each) == "Cn" for each in text):
        return None
    wide = (each if not _is_wide(each) else unicodedata.normalize("NFKC", each) for each in text)
    return "".join(each for each in "".join(wide) if unicodedata.category(each) != "Cf")


def _is_wide(character: str) -> bool:
    return unicodedata.decomposition(character).startswith("<wide>")


def _without_name(text: str) -> str | None:
    """What stands in angle brackets behind a display name, unless the name is another address."""
    match = re.fullmatch(r"([^<>]*)<([^<>]*)>", text)
    if match is None:
        return text
    name, address = (each.strip() for each in match.groups())
    if "@" in name and _small(name.strip('"')) != _small(address.removeprefix("mailto:")):
        return None
    return address


def _of_link(text: str | None) -> str | None:
    if text is None or text[:7].lower() != "mailto:":
        return text
    link = text[7:]
    return None if "%" in link else link.partition("?")[0]


def _label(label: str) -> str | None:
    """One part of a domain in its own letters."""
    label = _small(label)
    if label.startswith("xn--"):
        try:
            told = label[4:].encode("ascii").decode("punycode")
            if told.isascii() or told.encode("punycode") != label[4:].encode("ascii"):
                return None
        except ValueError:
            return None
        label = _small(told)
    good = label and all(each in "-_" or unicodedata.category(each)[0] in "LMN" for each in label)
    return label if good else None


def _small(text: str) -> str:
    """Small letters, composed; the two small forms of sigma are one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower().replace("ς", "σ"))


def phone_form(text: str) -> str | None:
    """The normal form of a phone: its digits, a plus for a country code, and x with the extension."""
    plain = None if len(text) > 64 else _plain(text)
    if plain is None or "\n" in plain.strip() or "\r" in plain.strip():
        return None
    plain = "".join(str(unicodedata.digit(each)) if each.isdecimal() else each for each in plain).strip()
    plain = re.sub("^tel:", "", plain, flags=re.IGNORECASE).strip()
    extension = _EXTENSION.search(plain)
    number = plain if extension is None else plain[: extension.start()].rstrip(" ;,")
    if "(0)" in number or not _has_one_stroke(number):
        return None
    kept = "".join(
        each for each in number if not (each.isspace() or each in ".()/" or unicodedata.category(each) == "Pd")
    )
    kept = re.sub("^00", "+", kept)
    if not re.fullmatch(r"\+?[0-9]{1,15}", kept) or kept.startswith("+0") or not kept.strip("+0"):
        return None
    return kept if extension is None else f"{kept}x{extension[1]}"


def _has_one_stroke(number: str) -> bool:
    """No stroke, or one behind an area code: at most six digits before it, at least four behind it."""
    if "/" not in number:
        return True
    match = _STROKE.fullmatch(number)
    if match is None:
        return False
    before, behind = (sum(each.isdigit() for each in part) for part in match.groups())
    return bool(before <= 6 and behind >= 4)


def forms_of(row: Row, kind: str) -> set[str]:
    """The normal forms of one kind of a record's contact points."""
    form = email_form if kind == "email" else phone_form
    points = row.get("contact_points") or ()
    return {found for each in points if each["kind"] == kind and (found := form(each["value"])) is not None}


def emails_of(row: Row) -> set[str]:
    """The normal forms of the e-mails of a record."""
    return forms_of(row, "email")


def phones_of(row: Row) -> set[str]:
    """The normal forms of the phones of a record."""
    return forms_of(row, "phone")


def with_form(world: World, kind: str, point: str, forms: Iterable[str]) -> list[int]:
    """The records of a kind that have one of the e-mails or phones, in id order."""
    wanted = set(forms)
    return [id for id, row in world.every(kind) if wanted and not wanted.isdisjoint(forms_of(row, point))]
