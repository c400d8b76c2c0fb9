"""A mapping as a document: what each key becomes, and what is said, to the letter, of one that is wrong."""

from pathlib import Path

import pytest
from attrs import asdict, evolve

from crmcore.adapters.bitrix24_csv import BadFile, DateOrder, read_mapping
from crmcore.adapters.bitrix24_csv.own.file_map import FIELD_TYPES, LEFT_OUT, NO_MAPPING
from crmcore.adapters.bitrix24_csv.words.columns import LEAD_COLUMNS, Column, Meaning
from crmcore.adapters.bitrix24_csv.words.headings import Found, lead_column
from crmcore.domain.model.ids import Kind, StageCode
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, LeadStages, Stage, StageSemantics
from tests.unit.adapters.bitrix24_csv.files import write_file

WHOLE = """
language = "it"
encoding = "cp1252"
dates = "mdy"
decimal = "."
yes = ["Sì", " gewiss  doch "]
no = ["mai"]
nothing = ["-"]
[headings]
"Nome  del lead" = "TITLE"
"Telefono" = "PHONE_X"
"Alt" = ""
[fields]
"Note" = "UF_CRM_NOTE"
"Size" = { code = "SIZE", type = "whole number" }
"Text" = { code = "T" }
[stages]
"Nuova" = "NEW"
"Dubbio" = { code = "DUBIOUS", means = "in process" }
"Doppio" = { code = "DUPLICATE", means = "failure" }
[persons]
"Ada Sample" = 7
[sources]
"Fiera" = "FAIR"
"""


def test_each_key_is_read(tmp_path: Path) -> None:
    """Words and headings without case and runs of blanks, and codes as they are."""
    mapping = read_mapping(write_file(tmp_path, b"\xef\xbb\xbf" + WHOLE.encode(), "mapping.toml"))
    left_out = Column(LEFT_OUT, Meaning.NOWHERE)
    assert asdict(mapping, recurse=False) == {
        "language": "it",
        "encoding": "cp1252",
        "dates": DateOrder.MONTH_FIRST,
        "decimal": ".",
        "headings": {
            "nome del lead": lead_column("TITLE").column,
            "telefono": lead_column("PHONE_X").column,
            "alt": left_out,
        },
        "fields": {
            "note": Column("UF_CRM_NOTE", Meaning.CUSTOM, "custom.UF_CRM_NOTE"),
            "size": Column("SIZE", Meaning.WHOLE, "custom.SIZE"),
            "text": Column("T", Meaning.CUSTOM, "custom.T"),
        },
        "stages": {
            "nuova": ("NEW", None),
            "dubbio": ("DUBIOUS", StageSemantics.IN_PROCESS),
            "doppio": ("DUPLICATE", StageSemantics.FAILURE),
        },
        "persons": {"ada sample": 7},
        "sources": {"fiera": "FAIR"},
        "yes": {"sì", "gewiss doch"},
        "no": {"mai"},
        "nothing": {"-"},
    }
    assert read_mapping(write_file(tmp_path, "", "empty.toml")) == NO_MAPPING


def test_headings_mean_what_is_mapped_else_what_is_known(tmp_path: Path) -> None:
    """A mapping names the columns of clients by the codes of leads, and is no code of the file."""
    mapping = read_mapping(write_file(tmp_path, WHOLE, "mapping.toml"))
    headings = ["ID", "NOME del  lead", "alt", "Note", "Title"]
    leads = mapping.lead_columns(headings)
    assert leads == [
        lead_column("ID"),
        Found(lead_column("TITLE").column, False, True),
        Found(Column(LEFT_OUT, Meaning.NOWHERE), False, True),
        Found(Column("UF_CRM_NOTE", Meaning.CUSTOM, "custom.UF_CRM_NOTE"), False, True),
        lead_column("Title"),
    ]
    assert mapping.client_columns(Kind.COMPANY, ["alt"]) == [leads[2]]
    companies = mapping.client_columns(Kind.COMPANY, headings)
    assert [each.column.place for each in companies] == [
        "Company.id",
        "Company.title",
        "",
        "custom.UF_CRM_NOTE",
        "Company.title",
    ]
    assert [each.is_mapped for each in companies] == [False, True, True, True, False]
    assert mapping.client_columns(Kind.CONTACT, ["Nome del lead"])[0].column.place == ""


def test_a_word_is_the_stage_that_it_is_mapped_to(tmp_path: Path) -> None:
    """With its own meaning where the catalogue does not have the code, and not understood where it has another."""
    text = """
        language = "it"
        decimal = ","
        [stages]
        nuova = "NEW"
        nowhere = "NOWHERE"
        doppio = { code = "DUPLICATE", means = "failure" }
        junk = { code = "JUNK", means = "failure" }
        wrong = { code = "JUNK", means = "in process" }
    """
    mapping = read_mapping(write_file(tmp_path, text, "mapping.toml"))
    known = mapping.known_stages(DEFAULT_LEAD_STAGES)
    double = Stage(code=StageCode("DUPLICATE"), name="Doppio A", semantics=StageSemantics.FAILURE)
    words = {
        " Nuova ": known["NEW"],
        "JUNK": known["JUNK"],
        "junk": known["JUNK"],
        "junk  LEAD": known["JUNK"],
        "Lead spazzatura": known["JUNK"],
        "nowhere": None,
        "wrong": None,
        "else": None,
    }
    assert {word: mapping.stage_of(word, known) for word in words} == words
    assert mapping.decimal == ","
    named = evolve(mapping, stages={"doppio a": ("DUPLICATE", StageSemantics.FAILURE)})
    assert named.stage_of(" Doppio   A", known) == double
    twin = evolve(double, code=StageCode("new"), name=None)
    alike = mapping.known_stages(LeadStages(stages=(*DEFAULT_LEAD_STAGES.stages, twin)))
    assert (mapping.stage_of("new", alike), mapping.stage_of("NEW", alike)) == (twin, known["NEW"])


KEYS = "language, encoding, dates, decimal, headings, fields, stages, persons, sources, yes, no, nothing"
LANGUAGES = "en, ru, de, es, fr, it, pl, pt"
CODES = ", ".join(column.code for column in LEAD_COLUMNS)
CODE = "a code of 1 to 100 printable characters without spaces"
FIELD = 'a code, or { code = "UF_CRM_…", type = "…" }'
STAGE = 'a code of a stage, or { code = "…", means = "in process" }'
MEANS = "in process or success or failure"
ENCODING = "the name of an encoding that Python knows, such as cp1252"
WRONG = [
    ("xyz = 1", "xyz", f"a key of a mapping: {KEYS}"),
    ("heading = 1", "heading", "a key of a mapping: headings?"),
    ('language = "xx"', "language", f"the code of a language: {LANGUAGES}"),
    ('language = "ent"', "language", "the code of a language: en?"),
    ("language = 1", "language", f"the code of a language: {LANGUAGES}"),
    ('encoding = " "', "encoding", "a text"),
    ("encoding = 1", "encoding", "a text"),
    ('encoding = "cp9999"', "encoding", ENCODING),
    ('encoding = "a\\u0000b"', "encoding", ENCODING),
    ('dates = "ymd"', "dates", "dmy or mdy"),
    ("dates = 1", "dates", "a text"),
    ('decimal = ";"', "decimal", 'the decimal sign, "," or "."'),
    ("decimal = 1", "decimal", 'the decimal sign, "," or "."'),
    ('yes = "ja"', "yes", "a list of words"),
    ('no = ["", "a"]', "no", "a text"),
    ("nothing = [1]", "nothing", "a text"),
    ("headings = 1", "headings", "a table [headings]"),
    ('[headings]\n" " = "TITLE"', "headings", "words, no empty one"),
    ('[headings]\na = "TITLE"\n" A" = "NAME"', "headings. A", "each word once; case and blanks do not count"),
    ('[headings]\na = "TITEL"', "headings.a", 'the code of a column, or "" to leave it out: TITLE?'),
    ('[headings]\na = "title"', "headings.a", f'the code of a column, or "" to leave it out: {CODES}'),
    ("[headings]\na = 1", "headings.a", "a text"),
    ("[fields]\na = 1", "fields.a", FIELD),
    ('[fields]\na = { type = "text" }', "fields.a", FIELD),
    ('[fields]\na = { code = "A", typ = "text" }', "fields.a", FIELD),
    ('[fields]\na = "two words"', "fields.a.code", CODE),
    ("[fields]\na = { code = 1 }", "fields.a.code", "str"),
    ('[fields]\na = { code = "A", type = "dat" }', "fields.a.type", "a type of fields: date?"),
    ('[fields]\na = { code = "A", type = "x" }', "fields.a.type", f"a type of fields: {', '.join(FIELD_TYPES)}"),
    ('[fields]\na = { code = "A", type = [] }', "fields.a.type", f"a type of fields: {', '.join(FIELD_TYPES)}"),
    ("[stages]\na = 1", "stages.a", STAGE),
    ('[stages]\na = { means = "failure" }', "stages.a", STAGE),
    ('[stages]\na = { code = "A", mean = "failure" }', "stages.a", STAGE),
    ('[stages]\na = "two words"', "stages.a.code", CODE),
    ('[stages]\na = { code = "A", means = "won" }', "stages.a.means", MEANS),
    ("[stages]\na = { code = 'A', means = [] }", "stages.a.means", MEANS),
    (
        "[stages]\n'\u202ea.b' = { code = 'A', means = 'failure' }",
        "stages.\u202ea.b",
        "a name without direction overrides",
    ),
    ("[persons]\na = 0", "persons.a", "a whole number from 1 to 9223372036854775807"),
    ('[persons]\na = "7"', "persons.a", "int"),
    ('[sources]\na = "b c"', "sources.a", CODE),
    (
        '[headings]\nb = "TITLE"\na = "NAME"\n[fields]\nB = "UF_CRM_B"\nA = "UF_CRM_A"',
        "fields.a",
        "each heading in one place: it is under headings too",
    ),
    ("yes = " + "[" * 100_000, None, "tables of texts, found some that are too deep"),
    ("yes = [\n  1", None, "TOML: wrong at end of document"),
    ('["(at a"]\n["(at a"]', None, "TOML: wrong at line 2, column 9"),
    ("yes = x y", None, "TOML: wrong at line 1, column 7"),
]


@pytest.mark.parametrize("text, key, said", WRONG, ids=[f"{key} {said}"[:60] for _, key, said in WRONG])
def test_what_is_wrong_is_said_to_the_letter(tmp_path: Path, text: str, key: str | None, said: str) -> None:
    """The key, and what would have been right; the nearest word where one is near."""
    path = write_file(tmp_path, text, "mapping.toml")
    with pytest.raises(BadFile) as bad:
        read_mapping(path)
    row = bad.value.row
    assert (row.file, row.line, row.field, row.code) == (str(path), None, key, "bad_mapping")
    assert row.message == f"expected {said}"


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    """And so is one that is not there."""
    with pytest.raises(BadFile) as bad:
        read_mapping(write_file(tmp_path, b"\xff", "mapping.toml"))
    assert str(bad.value.row) == f"{tmp_path / 'mapping.toml'}: expected a file saved as UTF-8 (unknown_encoding)"
    with pytest.raises(BadFile) as bad:
        read_mapping(tmp_path / "missing.toml")
    said = "No such file or directory (unreadable_file)"
    assert str(bad.value.row) == f"{tmp_path / 'missing.toml'}: {said}"
