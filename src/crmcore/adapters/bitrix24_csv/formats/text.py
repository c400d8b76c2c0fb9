"""From the bytes of a file to its text: UTF-8 and UTF-16 say themselves that they are it, others have to be told."""

import codecs
from collections.abc import Iterable, Iterator
from contextlib import suppress
from errno import ESTALE
from functools import cached_property
from io import SEEK_END, BytesIO, StringIO, TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import IO, BinaryIO, cast

from crmcore.adapters.bitrix24_csv.errors import BadFile, Fault
from crmcore.adapters.bitrix24_csv.formats.table import bad_file
from crmcore.adapters.files import open_file, read_beginning, read_file, state_of
from crmcore.domain.model.errors import raise_alone

__all__ = ["Text"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: How much of a file its encoding is guessed from, and how much is looked through at a time.
_SAMPLE = 2**16
_ASCII = 127
_ENOUGH = 40
_END = "\x1a"

#: Bytes that no text has, up to the blank and without the ends of lines and pages.
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\x1a\x1b")) + b"\x7f"
#: How many of them a text may have, damaged as it may be: some, and one in ten.
_SOME, _ONE_IN = 8, 10


class Text:
    """The text of a file, read from the disk as often as it is asked for.

    Whatever asks raises `BadFile` where the file is not in the encoding that it should have, cannot be read, or has
    changed since it was first read.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self._path = path
        self._told = encoding
        self._state: tuple[int, ...] | None = None
        begins = read_beginning(path, _SAMPLE)
        #: A file that is no longer than what is looked at anyway is not opened again.
        self._content = begins if len(begins) < _SAMPLE else None
        self._codec = next((name for mark, name in _MARKS if begins.startswith(mark)), _unmarked(encoding))
        wide = _wide(begins) if self._codec == "utf-8" else None
        if wide is not None:
            said = f"expected a file saved as UTF-8; it looks like UTF-16 without its mark: say --encoding {wide}"
            raise bad_file(str(path), 1, Fault.UNKNOWN_ENCODING, said)
        if self._codec == "utf-8" and _is_binary(begins):
            said = "expected CSV, a workbook, HTML or JSON, found a file of another kind: it has bytes that no text has"
            raise bad_file(str(path), None, Fault.WRONG_FORMAT, said)

    @property
    def encoding(self) -> str:
        """The name of the encoding."""
        return self._codec.removesuffix("-sig")

    @cached_property
    def has_inner_marks(self) -> bool:
        """Whether a mark may stand before another line than the first."""
        return self.encoding != "utf-8" or self._has(b"\n" + codecs.BOM_UTF8)

    @cached_property
    def has_nul(self) -> bool:
        """Whether a NUL may stand in it."""
        return self.encoding != "utf-8" or self._has(b"\0")

    def _has(self, mark: bytes) -> bool:
        """Whether these bytes stand in the file."""
        end = b""
        with self._opened() as file:
            while part := file.read(_SAMPLE):
                if mark in end + part:
                    return True
                end = part[-len(mark) :]
        return False

    @cached_property
    def _has_end(self) -> bool:
        """Whether the sign may stand at the end with which old programs end a text."""
        with self._opened() as file:
            file.seek(max(0, file.seek(0, SEEK_END) - 2))
            return _END.encode() in file.read()

    def lines(self) -> Iterator[str]:
        """The lines, each with whatever ends it; of a file that is not small no more is held than one."""
        return self._read() if self._content is None else iter(self._few)

    @cached_property
    def _few(self) -> list[str]:
        return list(StringIO(self.whole(), newline=""))

    def _read(self) -> Iterator[str]:
        try:
            with self._opened() as file, TextIOWrapper(cast("BinaryIO", file), self._codec, newline="") as text:
                # What joined two files may have left a second mark.
                first = text.readline().lstrip("\ufeff")
                lines = chain((first,) if first else (), text)
                yield from _without_end(lines) if self._has_end else lines
        except OSError as error:
            raise_alone(bad_file(str(self._path), None, Fault.UNREADABLE_FILE, error.strerror or "cannot be opened"))
        except (LookupError, ValueError):
            self.whole()  # says what is wrong, and where
            raise_alone(self._unknown())  # some forms are read only whole

    def whole(self) -> str:
        """The text as it is, all at once."""
        content = read_file(self._path) if self._content is None else self._content
        try:
            return content.decode(self._codec).lstrip("\ufeff").removesuffix(_END)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise_alone(bad_file(str(self._path), line, Fault.UNKNOWN_ENCODING, self._said(content)))
        except (LookupError, ValueError):  # some that Python knows are of no files, or no names at all
            raise_alone(self._unknown())

    def check(self) -> None:
        """Raise `BadFile` where any of it cannot be read."""
        for _ in self.lines():
            pass

    def _opened(self) -> IO[bytes]:
        """The bytes of the file; raises `OSError` where it is no longer the one that was read before."""
        if self._content is not None:
            return BytesIO(self._content)
        file = open_file(self._path)
        state = state_of(file)
        if self._state not in (None, state):
            file.close()
            raise OSError(ESTALE, "the file has changed while it was read; run again")
        self._state = state
        return file

    def _unknown(self) -> BadFile:
        said = "expected the name of an encoding that Python knows, such as cp1252 (--encoding)"
        return bad_file(str(self._path), None, Fault.UNKNOWN_ENCODING, said)

    def _said(self, content: bytes) -> str:
        if self._told is not None and self._codec == self._told:
            return f"expected a file saved as {self._codec}, as --encoding says"
        guess = _guess(content[:_SAMPLE])
        said = "expected a file saved as UTF-8"
        likely = f"; it looks like {guess}" if guess else ""
        return f"{said}{likely}: save it again, or give its encoding, such as --encoding {guess or 'cp1252'}"


def _unmarked(encoding: str | None) -> str:
    """The encoding of a file without a mark; of UTF-16 the low byte comes first then, as most programs write it."""
    with suppress(LookupError, ValueError):
        if encoding is not None and codecs.lookup(encoding).name == "utf-16":
            return "utf-16-le"
    return encoding or "utf-8"


def _without_end(lines: Iterable[str]) -> Iterator[str]:
    """Lines without the sign at the end of the last one."""
    above = ""
    for line in lines:
        if above:
            yield above
        above = line
    if above := above.removesuffix(_END):
        yield above


def _wide(content: bytes) -> str | None:
    """The form of UTF-16 in which most of the letters are Latin ones, of which one byte is always zero."""
    even, odd = content[::2], content[1::2]
    halves = {"utf-16-be": (even, odd), "utf-16-le": (odd, even)}
    return next(
        (name for name, (high, low) in halves.items() if high.count(0) * 2 > len(high) and not _is_binary(low)), None
    )


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


def _is_binary(content: bytes) -> bool:
    """Whether a file has so many control characters that it is no text in any encoding of single bytes."""
    controls = len(content) - len(content.translate(None, _CONTROLS))
    return controls > _SOME and controls * _ONE_IN > len(content)
