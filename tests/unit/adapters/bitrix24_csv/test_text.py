"""The text of a file: its encoding is told by its mark or by somebody, and what is no text is refused."""

import codecs
from pathlib import Path

import pytest

from crmcore.adapters.bitrix24_csv.errors import BadFile
from crmcore.adapters.bitrix24_csv.formats.text import Text
from tests.unit.adapters.bitrix24_csv.files import write_file

_MARK, _END = "\ufeff", "\x1a"
#: As many lines as make a file that is read a line at a time.
_MANY = ["Città;" + "x" * 90 + "\r\n"] * 800
_LINES = ["XX;Città\r\n", '1;"a\n', 'b"\r', "2;c"]

#: The bytes of lines, the encoding that somebody says, and the one that is found.
ENCODINGS = {
    "UTF-8": ("utf-8", "", None, "utf-8"),
    "UTF-8 with a mark": ("utf-8", _MARK, None, "utf-8"),
    "UTF-8 with two marks": ("utf-8", _MARK * 2, None, "utf-8"),
    "UTF-16": ("utf-16-le", _MARK, None, "utf-16"),
    "UTF-16, the other way round": ("utf-16-be", _MARK, None, "utf-16"),
    "a mark against what is said": ("utf-16-le", _MARK, "cp1252", "utf-16"),
    "UTF-16 without a mark": ("utf-16-le", "", "UTF16", "utf-16-le"),
    "what is said": ("cp1252", "", "cp1252", "cp1252"),
}


@pytest.mark.rule("CSV-1.2")
@pytest.mark.parametrize("end", ["", _END])
@pytest.mark.parametrize("lines", [_LINES, _LINES[:3] + _MANY + _LINES[3:]], ids=["few", "many"])
@pytest.mark.parametrize("case", ENCODINGS)
def test_lines_are_read_as_they_are(tmp_path: Path, case: str, lines: list[str], end: str) -> None:
    """Without marks before the first one and the sign behind the last one, as often as somebody asks."""
    codec, before, said, found = ENCODINGS[case]
    text = Text(write_file(tmp_path, (before + "".join(lines) + end).encode(codec)), said)
    assert text.encoding == found
    assert [list(text.lines()), list(text.lines())] == [lines, lines]
    assert text.whole() == "".join(lines)
    text.check()


@pytest.mark.parametrize("size", [0, 70_000])
def test_only_the_last_sign_ends_a_text(tmp_path: Path, size: int) -> None:
    """One in the midst is kept, and a line alone ends with it too."""
    line = "a" * size + _END + "b"
    assert list(Text(write_file(tmp_path, line)).lines()) == [line]
    assert list(Text(write_file(tmp_path, line + _END)).lines()) == [line]


@pytest.mark.parametrize("content", ["", _END, _MARK, _MARK * 30_000])
def test_a_file_may_be_nothing_but_marks(tmp_path: Path, content: str) -> None:
    """It has no lines then."""
    assert list(Text(write_file(tmp_path, content)).lines()) == []


@pytest.mark.parametrize("at, size", [(0, 9), *((at, 150_000) for at in (0, 65_533, 65_534, 65_535, 140_000))])
@pytest.mark.parametrize("mark", [b"\n" + codecs.BOM_UTF8, b"\0"])
def test_what_is_rare_is_found_anywhere(tmp_path: Path, mark: bytes, at: int, size: int) -> None:
    """A mark before a later line, and a NUL, also between two parts that are read; and neither where there is none."""
    content = b"a" * at + mark + b"a" * (size - at)
    text = Text(write_file(tmp_path, content))
    assert (text.has_inner_marks, text.has_nul) == (mark != b"\0", mark == b"\0")


def test_every_other_encoding_may_have_what_is_rare(tmp_path: Path) -> None:
    """It is not looked for there."""
    text = Text(write_file(tmp_path, "ID\n"), "cp1252")
    assert (text.has_inner_marks, text.has_nul) == (True, True)


NAME = "expected the name of an encoding that Python knows, such as cp1252 (--encoding) (unknown_encoding)"
BINARY = "expected CSV, a workbook, HTML or JSON, found a file of another kind: it has bytes that no text has"
WIDE = "expected a file saved as UTF-8; it looks like UTF-16 without its mark: say --encoding"
AGAIN = "save it again, or give its encoding, such as --encoding"
#: The bytes, the encoding that somebody says, and what is said.
REFUSED: list[tuple[bytes, str | None, str]] = [
    ("ID;TITLE\n".encode("utf-16-le"), None, f", line 1: {WIDE} utf-16-le (unknown_encoding)"),
    ("ID;TITLE\n".encode("utf-16-be"), None, f", line 1: {WIDE} utf-16-be (unknown_encoding)"),
    (b"\1" * 9 + b"a" * 80, None, f": {BINARY} (wrong_format)"),
    (b"ID\n1\n\xe0", None, f", line 3: expected a file saved as UTF-8: {AGAIN} cp1252 (unknown_encoding)"),
    ("Название лида; Стадия; Источник; Комментарий, имя".encode("cp1251"), None,
     f", line 1: expected a file saved as UTF-8; it looks like cp1251: {AGAIN} cp1251 (unknown_encoding)"),
    ("Название лида; Стадия; Источник; Комментарий, им\x7f".encode("cp1251"), None,
     f", line 1: expected a file saved as UTF-8: {AGAIN} cp1252 (unknown_encoding)"),
    (b"ID\n" + "Название лида; Стадия; Источник; Комментарий\n".encode("cp1251") * 2_000, None,
     f", line 2: expected a file saved as UTF-8; it looks like cp1251: {AGAIN} cp1251 (unknown_encoding)"),
    (b"ID\n\x81", "cp1252", ", line 2: expected a file saved as cp1252, as --encoding says (unknown_encoding)"),
    (b"\n" * 70_000 + b"\x81", "cp1252",
     ", line 70001: expected a file saved as cp1252, as --encoding says (unknown_encoding)"),
    (b"\xff\xfea\0b", "cp1252", ", line 1: expected a file saved as UTF-8: save it again, or give its encoding, such "
     "as --encoding cp1252 (unknown_encoding)"),
    (b"ID\n", "klingon", f": {NAME}"),
    (b"ID\n" * 40_000, "klingon", f": {NAME}"),
    (b"ID\n", "hex", f": {NAME}"),
    (b"ID\n" * 40_000, "hex", f": {NAME}"),
    (b"ID\n" * 40_000, "a\0b", f": {NAME}"),
]  # fmt: skip


@pytest.mark.rule("CSV-1.2")
@pytest.mark.parametrize("content, said, refusal", REFUSED)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, said: str | None, refusal: str) -> None:
    """The report says where, which encoding it may be, and what to do."""
    path = write_file(tmp_path, content)
    with pytest.raises(BadFile) as caught:
        list(Text(path, said).lines())
    assert str(caught.value) == f"{path}{refusal}"


@pytest.mark.parametrize(
    "content",
    [
        b"\1" * 8 + b"a" * 10,
        b"\1" * 9 + b"a" * 81,
        b"\t\n\v\f\r\x1b" * 20,
        b"a\0bc",
        b"\xc3\xa0" * 40,
    ],
)
def test_a_text_may_have_some_signs_of_control(tmp_path: Path, content: bytes) -> None:
    """Eight, or one in ten; and ends of lines and pages as many as it likes."""
    assert Text(write_file(tmp_path, content)).whole() == content.decode()


@pytest.mark.parametrize("size", [10, 70_000])
def test_a_file_that_goes_away_cannot_be_read(tmp_path: Path, size: int) -> None:
    """One that is small has been read by then."""
    path = write_file(tmp_path, b"a" * size)
    text = Text(path)
    path.unlink()
    if size == 10:
        assert list(text.lines()) == ["a" * size]
        return
    with pytest.raises(BadFile) as caught:
        list(text.lines())
    assert str(caught.value) == f"{path}: No such file or directory (unreadable_file)"


def test_a_file_that_is_written_while_it_is_read_is_refused(tmp_path: Path) -> None:
    """Its lines would be those of two files."""
    path = write_file(tmp_path, b"a" * 70_000)
    text = Text(path)
    text.check()
    path.write_bytes(b"b" * 70_001)
    with pytest.raises(BadFile) as caught:
        text.check()
    assert str(caught.value) == f"{path}: the file has changed while it was read; run again (unreadable_file)"
