"""When two e-mails or phones are one: every pair of docs/spec/matching.md, and what holds for any text."""

import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crmcore.domain.rules.matching import MATCH_FORM, normal_email, normal_phone

PAGE = Path(__file__).resolve().parents[4] / "docs" / "spec" / "matching.md"
FORMS: dict[str, Callable[[str], str | None]] = {"E-mails": normal_email, "Phones": normal_phone}
_ROW = re.compile(r"\| `(.*?)` \| `(.*?)` \| (same|not the same|no key) \| .+ \|")

#: The forms of all texts of the page in one digest, by version: see `test_a_form_changes_with_its_version_alone`.
DIGESTS = {2: "a6955337f9f3857ed889635dc151f2260493ebf618d97c2ea35edd020b4f0ca3"}


def _pairs() -> list[tuple[str, str, str, str]]:
    """Kind, one, other and verdict of each row of the page."""
    found = []
    for section in PAGE.read_text(encoding="utf-8").split("\n### ")[1:]:
        kind, *lines = section.splitlines()
        rows = [line for line in lines if line.startswith("| `")]
        for row in rows:
            match = _ROW.fullmatch(row)
            assert match, row
            found.append((kind, _shown(match[1]), _shown(match[2]), match[3]))
    return found


def _shown(cell: str) -> str:
    """A cell with the characters that it spells out."""
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), cell).replace("\\n", "\n")


PAIRS = _pairs()


def test_the_page_has_pairs_of_each_verdict() -> None:
    """For e-mails and for phones; at least forty in all."""
    assert len(PAIRS) >= 40
    verdicts = {(kind, verdict) for kind, *_, verdict in PAIRS}
    assert verdicts == {(kind, verdict) for kind in FORMS for verdict in ("same", "not the same", "no key")}


@pytest.mark.rule("MATCH-1", "MATCH-2", "MATCH-3", "CONV-7", "INTAKE-3")
@pytest.mark.parametrize("kind, one, other, verdict", PAIRS, ids=[ascii(row[1:3]) for row in PAIRS])
def test_a_pair_is_what_the_page_says(kind: str, one: str, other: str, verdict: str) -> None:
    """Same, not the same, or without a key."""
    forms = FORMS[kind](one), FORMS[kind](other)
    if verdict == "no key":
        assert forms == (None, None)
    else:
        assert None not in forms
        assert (forms[0] == forms[1]) is (verdict == "same")


@pytest.mark.rule("MATCH-1.2", "MATCH-1.3", "MATCH-1.4", "MATCH-1.5")
@pytest.mark.parametrize(
    "text",
    [
        " ann@example.com\u00a0",
        "\u200b ann@example.com",
        "\u200d ann@example.com \u200c",
        "'ann@example.com' <ann@example.com>",
        "Ann <ann@example.com>",
        "mailto:ann@example.com?subject=Desks",
        "ann@example.com.",
    ],
)
def test_what_stands_around_an_e_mail_falls_away(text: str) -> None:
    """It says how to show the address, not which it is."""
    assert normal_email(text) == "ann@example.com"


@pytest.mark.rule("MATCH-1.1", "MATCH-1.6", "MATCH-1.7", "MATCH-1.8", "MATCH-1.9")
@pytest.mark.parametrize(
    "text, form",
    [
        ("Ann@Example.COM", "ann@example.com"),
        ("rene\u0301@example.com", "ren\u00e9@example.com"),
        ("\uff41nn@example.com", "ann@example.com"),
        ("ann@xn--mnchen-3ya.example", "ann@m\u00fcnchen.example"),
        ("\u039d\u0399\u039a\u039f\u03a3@example.com", "\u03bd\u03b9\u03ba\u03bf\u03c3@example.com"),
        ("a.nn+desks@example", "a.nn+desks@example"),
        ("\u00e9nn+desks@example.com", "\u00e9nn+desks@example.com"),
        ("stra\u00df@example.com", "stra\u00df@example.com"),
        ("ann@\u0939\u093f\u0928\u094d\u0926\u0940.example", "ann@\u0939\u093f\u0928\u094d\u0926\u0940.example"),
    ],
)
def test_letters_of_an_e_mail_that_are_one_and_that_are_two(text: str, form: str) -> None:
    """Capitals and ways to write one letter are one; everything else stays."""
    assert normal_email(text) == form


@pytest.mark.rule("MATCH-2.2", "MATCH-2.3", "MATCH-2.4", "MATCH-2.6")
@pytest.mark.parametrize(
    "text, form",
    [
        ("+32 2 555.01-10", "+3225550110"),
        ("02/555.01.10", "025550110"),
        ("055 1234/5", None),
        ("055/5", None),
        ("tel:+32-2-555-01-10", "+3225550110"),
        ("\u0661\u0662\u0663 \u0664\u0665\u0666", "123456"),
    ],
)
def test_what_stands_between_digits_falls_away(text: str, form: str | None) -> None:
    """One stroke behind an area code too, and no other one; digits of every script count."""
    assert normal_phone(text) == form


@pytest.mark.rule("MATCH-2.1", "MATCH-2.5", "MATCH-2.7", "MATCH-2.8", "MATCH-2.9")
@pytest.mark.parametrize(
    "text, form",
    [
        ("+32 2 555 01 10", "+3225550110"),
        ("0032 2 555 01 10", "+3225550110"),
        ("+39 055 1234 x5", "+390551234x5"),
        ("+39 055 1234", "+390551234"),
        ("800 356 9377 11", "800356937711"),
    ],
)
def test_country_code_and_extension_are_part_of_a_phone(text: str, form: str) -> None:
    """Where they are given; nothing is added where they are not."""
    assert normal_phone(text) == form


@pytest.mark.rule("MATCH-3.1", "MATCH-3.2")
def test_what_is_surely_no_single_address_has_no_form() -> None:
    """An e-mail without a domain, or in a name's brackets that do not close or name another one, a phone too long."""
    assert normal_email("ann@") is None
    assert normal_email("ann@example..com") is None
    assert normal_email("Ann <<ann@example.com>") is None
    assert normal_email("Xann@example.com <ann@example.com>") is None
    assert normal_phone("+39 055 123 456 789 0123") is None


@pytest.mark.rule("MATCH-4.1")
def test_a_form_changes_with_its_version_alone() -> None:
    """Keys that are stored somewhere were made by it: whoever changes a form raises `MATCH_FORM`.

    Whoever adds a pair writes the new digest here.
    """
    forms = [(text, FORMS[kind](text)) for kind, *texts, _ in PAIRS for text in texts]
    assert sha256(ascii(forms).encode()).hexdigest() == DIGESTS[MATCH_FORM]


@pytest.mark.rule("MATCH-1")
@pytest.mark.parametrize(
    "text, form",
    [
        (" Ann <ANN+x@Example.COM.> ", "ann+x@example.com"),
        ("ann@xn--mnchen-3ya.example", "ann@münchen.example"),
        ("İ@x", "i\u0307@x"),
        ("a@b", "a@b"),
        ("a_b@c_d", "a_b@c_d"),
        ("क\u094dष@भारत", "क\u094dष@भारत"),
        ("a\ud800@b", None),
        ("a@b\u2060", "a@b"),
        ("a@b c", None),
        ("a\u0001@b", None),
        ("a\U0001f600@b", None),
        ("Ann \U0001f600 <a@b>", "a@b"),
        ("a@\U0001f600", None),
        ("a@xn--mnchen-3Ya", "a@münchen"),
        ("a@xn--", None),
        ("a@xn--é", None),
        ("", None),
    ],
)
def test_the_form_of_an_e_mail(text: str, form: str | None) -> None:
    """As it is kept."""
    assert normal_email(text) == form


@pytest.mark.rule("MATCH-2")
@pytest.mark.parametrize(
    "text, form",
    [
        ("+39 06-1 (2)", "+390612"),
        (" 06.12", "0612"),
        ("1", "1"),
        ("0039 06 1 ext 05", "+39061x05"),
        ("123456/7890", "1234567890"),
        ("1234567/8901", None),
        ("123456/789", None),
        ("123456789012345", "123456789012345"),
        ("1234567890123456", None),
        ("00123456789012345", "+123456789012345"),
        ("1" + " " * 62 + "2", "12"),
        ("1" + " " * 63 + "2", None),
        ("\U0001d7ce1", "01"),
        ("1\U00010d31", None),
        ("1\u2212\u200d2", "12"),
        ("1x12345678", None),
        ("", None),
    ],
)
def test_the_form_of_a_phone(text: str, form: str | None) -> None:
    """As it is kept."""
    assert normal_phone(text) == form


@pytest.mark.rule("MATCH-1", "MATCH-2")
@given(text=st.one_of(st.text(max_size=30), st.from_regex(r"[\w+ ().<>@:/-]{1,30}", fullmatch=True)))
@example(text="Σ@Σ.ΣA")
@example(text="\ufb01@\ufb01.\u2126")
def test_the_form_of_a_form_is_itself(text: str) -> None:
    """So it makes no difference how often a text has been through."""
    for form in FORMS.values():
        once = form(text)
        assert once is None or form(once) == once


@pytest.mark.rule("MATCH-1", "MATCH-2")
@given(text=st.from_regex(r"[a-zA-Z0-9.+]{1,5}@[a-zA-Z0-9.]{1,8}|\+?[0-9 .()/x-]{1,12}", fullmatch=True))
def test_what_surrounds_an_address_changes_nothing(text: str) -> None:
    """Spaces and what only says how to show it."""
    for form in FORMS.values():
        assert form(text) == form(f" \u200e{text}\u2069\u00a0")


@pytest.mark.rule("MATCH-1", "MATCH-3")
@pytest.mark.parametrize("character", ["\ue000", "\ud800", "\x07", "\u0378", "\u00a0", "\u200b"])
def test_an_address_with_a_character_that_is_no_letter_of_its_own_has_no_key(character: str) -> None:
    """For private use, a lone surrogate, a control character, one that Unicode 3.2 has not, a space, an unseen one."""
    assert normal_email(f"ann{character}b@example.com") in (None, "annb@example.com")
    assert (normal_email(f"ann{character}b@example.com") is None) is (character != "\u200b")
