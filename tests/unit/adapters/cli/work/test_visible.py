"""What others wrote is shown in visible characters, and typed in them."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore.adapters.cli.work.visible import quoted, visible
from crmcore.domain.model.text import DIRECTION_OVERRIDES

TABLE = [
    ("Größe 7, שלום, می\u200cخواهم\n\t👩\u200d👧", "Größe 7, שלום, می\u200cخواهم\n\t👩\u200d👧"),
    ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
    ("\x9b31m", "\\u009b31m"),
    ("a\rb\x00\x7f", "a\\x0db\\x00\\x7f"),
    ("\u202eabc", "\\u202eabc"),
    (b"\x9b31m".decode(errors="surrogateescape"), "\\x9b31m"),
    ("\ud800", "\\ud800"),
]


@pytest.mark.parametrize("text, shown", TABLE)
def test_what_speaks_to_a_terminal_is_written_out(text: str, shown: str) -> None:
    """And what is text stays, joiners too; shown again it is the same."""
    assert visible(text) == shown
    assert visible(shown) == shown


@given(st.text())
def test_nothing_that_speaks_to_a_terminal_is_left(text: str) -> None:
    """Whatever the text."""
    shown = visible(text)
    assert DIRECTION_OVERRIDES.isdisjoint(shown)
    assert all(each in "\n\t" or not (each < " " or "\x7f" <= each <= "\x9f") for each in shown)
    shown.encode()


@pytest.mark.parametrize(
    "word", ["crm.db", "two words", "it's", "\x1b[31m", "a\\x1b'\x1b", "\u202edb", "\x9b1", "line\nbreak", "$HOME \x07"]
)
def test_a_word_that_is_shown_can_be_typed(word: str) -> None:
    """A shell reads the word that was meant."""
    shown = quoted(word)
    assert visible(shown) == shown
    assert "\n" not in shown
    ran = subprocess.run(
        ["bash", "-c", f"printf %s {shown}"],
        capture_output=True,
        check=True,
        env={"LC_ALL": "C.UTF-8", "PATH": "/bin:/usr/bin"},
    )
    assert ran.stdout.decode() == word
