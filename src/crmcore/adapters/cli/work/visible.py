"""Text that others wrote, as a terminal may get it: nothing in it moves the cursor, paints or turns a line."""

import re
import shlex

from crmcore.domain.model.text import DIRECTION_OVERRIDES

__all__ = ["quoted", "visible"]

#: Control characters but line breaks and tabs, what turns the direction of a line, and bytes that are no text.
_HIDDEN = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{''.join(sorted(DIRECTION_OVERRIDES))}]")
#: The same and line breaks: what a shell takes inside `$'…'` alone.
_UNTYPED = re.compile(rf"{_HIDDEN.pattern}|[\t\n]")


def visible(text: str) -> str:
    """The text with ESC as `\\x1b`, and all else of its kind as Python writes it; line breaks and tabs stay."""
    return _HIDDEN.sub(_escaped, text)


def quoted(word: str) -> str:
    """A word as it is typed in a shell, in visible characters alone."""
    if _UNTYPED.search(word) is None:
        return shlex.quote(word)
    plain = word.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{_UNTYPED.sub(_escaped, plain)}'"


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    if 0xDC80 <= number <= 0xDCFF:  # a byte of a name that is no text, as Python keeps it
        number -= 0xDC00
        return f"\\x{number:02x}"
    # A shell reads \\x as a byte, so what is more than one byte goes by its number.
    return f"\\x{number:02x}" if number < 0x80 else f"\\u{number:04x}"
