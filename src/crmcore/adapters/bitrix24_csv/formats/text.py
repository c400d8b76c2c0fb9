"""From the bytes of a file to its text: UTF-8 and UTF-16 say themselves that they are it, others have to be told."""

import codecs

from crmcore.adapters.bitrix24_csv.errors import Fault
from crmcore.adapters.bitrix24_csv.formats.others import is_binary
from crmcore.adapters.bitrix24_csv.formats.table import Source, bad_file
from crmcore.domain.model.errors import raise_alone

__all__ = ["text_of"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: How much of a file its encoding is guessed from.
_SAMPLE = 2**16
_ASCII = 127
_ENOUGH = 40


def text_of(source: Source) -> tuple[str, str]:
    """The text of a file and its encoding; raises `BadFile` where it is not in the encoding that it should have."""
    encoding = next((name for mark, name in _MARKS if source.content.startswith(mark)), source.encoding or "utf-8")
    wide = _wide(source.content[:_SAMPLE]) if encoding == "utf-8" else None
    if wide is not None:
        said = f"expected a file saved as UTF-8; it looks like UTF-16 without its mark: say --encoding {wide}"
        raise bad_file(source.file, 1, Fault.UNKNOWN_ENCODING, said)
    if encoding == "utf-8" and is_binary(source.content):
        said = "expected CSV, a workbook, HTML or JSON, found a file of another kind: it has bytes that no text has"
        raise bad_file(source.file, None, Fault.WRONG_FORMAT, said)
    try:
        # What joined two files may have left a second mark, and old programs end a text with a sign of their own.
        text = source.content.decode(encoding).lstrip("\ufeff").removesuffix("\x1a")
        return text, encoding.removesuffix("-sig")
    except UnicodeDecodeError as error:
        line = source.content.count(b"\n", 0, error.start) + 1
        raise_alone(bad_file(source.file, line, Fault.UNKNOWN_ENCODING, _said(source, encoding)))
    except (LookupError, ValueError):  # some that Python knows are of no files, or no names at all
        said = "expected the name of an encoding that Python knows, such as cp1252 (--encoding)"
        raise_alone(bad_file(source.file, None, Fault.UNKNOWN_ENCODING, said))


def _wide(content: bytes) -> str | None:
    """The form of UTF-16 in which most of the letters are Latin ones, of which one byte is always zero."""
    even, odd = content[::2], content[1::2]
    halves = {"utf-16-be": (even, odd), "utf-16-le": (odd, even)}
    return next(
        (name for name, (high, low) in halves.items() if high.count(0) * 2 > len(high) and not is_binary(low)), None
    )


def _said(source: Source, encoding: str) -> str:
    if source.encoding is not None and encoding == source.encoding:
        return f"expected a file saved as {encoding}, as --encoding says"
    guess = _guess(source.content[:_SAMPLE])
    said = "expected a file saved as UTF-8"
    likely = f"; it looks like {guess}" if guess else ""
    return f"{said}{likely}: save it again, or give its encoding, such as --encoding {guess or 'cp1252'}"


def _guess(content: bytes) -> str | None:
    """The encoding that is most likely, where the library that guesses is installed; nobody reads by a guess.

    A few letters of another encoding could be of any, so nothing is guessed from them.
    """
    if sum(byte > _ASCII for byte in content) < _ENOUGH:
        return None
    try:
        from charset_normalizer import from_bytes
    except ImportError:
        return None
    best = from_bytes(content).best()
    return best.encoding if best is not None else None
