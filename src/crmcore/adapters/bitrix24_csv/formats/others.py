"""Files that are no table in any form that is read, told by how they begin, with what to do about it."""

import re

__all__ = ["is_binary", "other_bytes", "other_text"]

#: By their first bytes.
_MARKS = (
    (b"%PDF", "a PDF"),
    *(
        (mark, "a compressed file: unpack it")
        for mark in (b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ", b"PK\5\6", b"\x28\xb5\x2f\xfd")
    ),
    *((mark, "a picture") for mark in (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")),
    *((mark, "a picture or a recording") for mark in (b"RIFF", b"ID3\3", b"ID3\4")),
    (b"SQLite format 3\0", "a database"),
    (b"PAR1", "a file of Parquet: save it as CSV"),
    (b"BEGIN:VCARD", "a vCard"),
    (b"{\\rtf", "a text document"),
)
#: By their first line, once they are read as text.
_TEXTS = tuple(
    (re.compile(beginning, flags), found)
    for beginning, flags, found in (
        (
            r"/\*|--\s|(insert\s+into|create\s+table|set\s+names|copy\s+\S+\s*\()",
            re.IGNORECASE,
            "SQL: save the rows of a query as CSV",
        ),
        (r"[+┌╔]?[-─═+|]{3,}[-─═+┬|]*$", re.MULTILINE, "a table that is drawn for a terminal: save it as CSV"),
        (r"\*{5,} \d+\. row", 0, "a table that is drawn for a terminal: save it as CSV"),
        (r"Array\s*\(|[aO]:\d+:[{\"]", 0, "what PHP prints or keeps: write it as JSON (json_encode)"),
        (r"[\[{]\s*[{\[]?\s*'", 0, "what Python prints: write it as JSON (json.dump)"),
        (r"\w+\(\s*[\[{]", 0, "a call of a program: leave the JSON that is in it"),
        (r"event=\w+&", 0, "a notification of an event: fetch the lead (crm.lead.get), and give that answer"),
        (r"\[[A-Za-z][\w. -]*\]\s*$", re.MULTILINE, "settings; a mapping goes beside the file, with --mapping"),
        (r"(---|- [\w\"']+:)\s", 0, "YAML: write it as JSON or as CSV"),
        (r"BEGIN:VCALENDAR", 0, "a calendar"),
        (
            r"(MIME-Version|Return-Path|Received|Delivered-To|From|To|Subject): ",
            0,
            "an e-mail or a web archive: save the file that is in it",
        ),
    )
)

#: Bytes that no text has, up to the blank and without the ends of lines and pages.
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\x1a\x1b")) + b"\x7f"
_SAMPLE = 2**16
#: How many of them a text may have, damaged as it may be: some, and one in ten.
_SOME, _ONE_IN = 8, 10


def other_bytes(content: bytes) -> str | None:
    """What a file is that begins like something else than a table."""
    return next((found for mark, found in _MARKS if content.startswith(mark)), None)


def other_text(text: str) -> str | None:
    """The same for a file that was read as text."""
    begins = text.lstrip()
    return next((found for beginning, found in _TEXTS if beginning.match(begins)), None)


def is_binary(content: bytes) -> bool:
    """Whether a file has so many control characters that it is no text in any encoding of single bytes."""
    sample = content[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return controls > _SOME and controls * _ONE_IN > len(sample)
