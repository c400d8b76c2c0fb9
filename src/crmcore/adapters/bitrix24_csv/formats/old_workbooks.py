"""The cells of an old workbook (xls) that came to an error, which its reader takes for empty ones.

Such a file is a container of streams ([MS-CFB]), and the stream of the workbook is a row of records ([MS-XLS]).
"""

from collections.abc import Iterator, Sequence
from struct import Struct, error, unpack_from

from crmcore.adapters.bitrix24_csv.formats.packages import ERROR

__all__ = ["check_old_workbook"]

_HEADER = 512
#: Sector numbers from here on are no sectors: ends of chains, and free ones.
_NO_SECTOR = 0xFFFFFFFA
_ENTRY = 128
_ROOT = 5
_NAMES = ("Workbook", "Book")

_RECORD = Struct("<HH")
_BEGIN, _END, _FORMULA, _CONSTANT = 0x0809, 0x000A, 0x0006, 0x0205
#: What a part of a workbook is that has cells: a sheet, and none of its charts.
_SHEET = 0x0010
#: How a formula says that it came to no number, and to which of the other things.
_NO_NUMBER, _CAME_TO_ERROR = 0xFFFF, 2


def check_old_workbook(content: bytes) -> str | None:
    """What is wrong with the first cell that came to an error; nothing where there is none, or no workbook at all."""
    try:
        found = next(_errors(_workbook(content)), None)
    except (error, IndexError, ValueError):  # damaged, as its reader will say
        return None
    return None if found is None else ERROR.format(_place(*found))


def _place(row: int, column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row + 1}"


def _errors(stream: bytes) -> Iterator[tuple[int, int]]:
    """Row and column of each such cell of the sheets."""
    parts: list[int] = []
    at = 0
    while at + _RECORD.size <= len(stream):
        kind, size = _RECORD.unpack_from(stream, at)
        at += _RECORD.size
        if kind == _BEGIN:
            parts.append(unpack_from("<H", stream, at + 2)[0])
        elif kind == _END and parts:
            parts.pop()
        elif parts and parts[-1] == _SHEET and _is_error(kind, stream, at):
            yield unpack_from("<HH", stream, at)
        at += size


def _is_error(kind: int, stream: bytes, at: int) -> bool:
    """Whether a record is a cell that holds an error: row, column and format come first, two bytes each."""
    if kind == _CONSTANT:
        return bool(stream[at + 7])
    if kind == _FORMULA:
        return unpack_from("<H", stream, at + 12)[0] == _NO_NUMBER and stream[at + 6] == _CAME_TO_ERROR
    return False


def _workbook(content: bytes) -> bytes:
    """The stream of the workbook."""
    power, small_power = unpack_from("<HH", content, 30)
    first_entry, _, cutoff, first_small = unpack_from("<4I", content, 48)
    size = 1 << power
    body = content[max(_HEADER, size) :]
    following = _following(content, body, size)
    entries = _chained(body, size, following, first_entry)
    small_body = b""
    for start in range(0, len(entries) - _ENTRY + 1, _ENTRY):
        name = entries[start : start + 64].decode("utf-16-le", "replace").partition("\0")[0]
        first, length = unpack_from("<II", entries, start + 116)
        if entries[start + 66] == _ROOT:
            small_body = _chained(body, size, following, first)
        elif name in _NAMES:
            if length >= cutoff:
                return _chained(body, size, following, first)[:length]
            after = _numbers(_chained(body, size, following, first_small))
            return _chained(small_body, 1 << small_power, after, first)[:length]
    return b""


def _following(content: bytes, body: bytes, size: int) -> Sequence[int]:
    """Which sector follows each: the table of it stands in sectors of its own, which the header lists."""
    places = list(unpack_from("<109I", content, 76))
    (more,) = unpack_from("<I", content, 68)
    for _ in range(len(body) // size):
        if more >= _NO_SECTOR:
            break
        *found, more = _numbers(body[more * size : (more + 1) * size])
        places += found
    return _numbers(b"".join(body[each * size : (each + 1) * size] for each in places if each < _NO_SECTOR))


def _chained(body: bytes, size: int, following: Sequence[int], first: int) -> bytes:
    """The sectors of a chain, none more than once."""
    parts = []
    for _ in following:
        if first >= _NO_SECTOR:
            break
        parts.append(body[first * size : (first + 1) * size])
        first = following[first]
    return b"".join(parts)


def _numbers(part: bytes) -> Sequence[int]:
    return unpack_from(f"<{len(part) // 4}I", part)
