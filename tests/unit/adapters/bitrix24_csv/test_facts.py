"""What is known of the rows of a file: which columns say anything, words and days, and whether ids may come again."""

import pytest

from crmcore.adapters.bitrix24_csv.formats.facts import BLOCK, Facts, Ids, blocks, facts_of, repeated_ids
from crmcore.adapters.bitrix24_csv.words.columns import Column, Meaning

COLUMNS = {
    "ID": Meaning.ID,
    "STATUS_ID": Meaning.STAGE,
    "ASSIGNED_BY_ID": Meaning.PERSON,
    "OBSERVERS": Meaning.PERSONS,
    "ENTITY_TYPE_ID": Meaning.NOWHERE,
    "BIRTHDATE": Meaning.DATE,
    "DATE_CREATE": Meaning.INSTANT,
    "TITLE": Meaning.TEXT,
    "COMMENTS": Meaning.TEXT,
}
BLOCKS = [
    [
        ["1", "NEW", "Ann", "", "1", "05/31/2026", " 5-6-2026 02:15:00 pm ", " ", "NaN"],
        ["2", "JUNK", "", "", "1", "2026-05-31", "5/6-2026", "a", ""],
    ],
    [["3", "NEW", "Bob", "Cy,Di", "", "12/01/2026", "7/8/26", "", " "]],
]


def test_each_column_is_looked_through() -> None:
    """Blanks and words for nothing fill no column; of a day that can be read in two ways the two numbers are kept."""
    columns = [Column(code, meaning) for code, meaning in COLUMNS.items()]
    assert facts_of(columns, BLOCKS) == Facts(
        count=3,
        filled=frozenset(range(8)),
        words={
            1: {"NEW": None, "JUNK": None},
            2: {"Ann": None, "": None, "Bob": None},
            3: {"": None, "Cy,Di": None},
            4: {"1": None, "": None},
        },
        days={5: {(5, 31), (12, 1)}, 6: {(5, 6)}},
        may_repeat=False,
    )


def test_a_file_without_rows_says_nothing() -> None:
    """Neither its columns nor its ids."""
    assert facts_of([Column("ID", Meaning.ID)], []) == Facts(0, frozenset(), {}, {}, may_repeat=False)


@pytest.mark.parametrize(
    "blocks, may_repeat",
    [
        ([["1", "2"], ["3"]], False),
        ([["9"], ["8", "7"], ["1"]], False),
        ([["0", "1"]], False),
        ([["1.0", "2", '="3"']], False),
        ([["1"], ["9" * 18]], False),
        ([["1", "9" * 19]], True),
        ([["1", "1"]], True),
        ([["1"], ["1"]], True),
        ([["1", "1", "2"]], True),
        ([["1", "3", "2"]], True),
        ([["1", "2"], ["1"]], True),
        ([["2"], ["1"], ["3"]], True),
        ([["1", ""]], True),
        ([["1", "x"], ["3"]], True),
        ([["1", "\u0662"]], True),
    ],
)
def test_ids_may_come_again_unless_they_go_one_way(blocks: list[list[str]], may_repeat: bool) -> None:
    """Up or down from row to row over the whole file, and each row has one."""
    found = facts_of([Column("ID", Meaning.ID)], [[[cell] for cell in block] for block in blocks])
    assert found.may_repeat is may_repeat


def test_without_a_column_of_ids_rows_may_come_again() -> None:
    """Nothing says that they do not."""
    assert facts_of([Column("TITLE", Meaning.TEXT)], [[["a"]]]).may_repeat


@pytest.mark.rule("CSV-6.9")
def test_ids_that_come_again_are_found_however_they_are_written() -> None:
    """In any of the columns, and in rows that are read together or far apart."""
    cells = [["1", "", "7"], ["", "2.0", "7"], ["x", "NaN", "7"], ["2", "", "7"], ["4", "5", "7"], ["5", "", "7"]]
    rows = list(enumerate([*cells, *([str(id), "", "7"] for id in range(10, BLOCK + 10)), ['="4"', "", "7"]], 2))
    assert repeated_ids(rows, [0, 1]) == {2, 4, 5}


def test_few_rows_are_held_at_a_time() -> None:
    """Even of a large file."""
    assert [len(block) for block in blocks(range(2 * BLOCK + 1))] == [BLOCK, BLOCK, 1]


def test_a_set_of_ids_has_those_that_were_put_in() -> None:
    """And no neighbour of them, nor their texts."""
    ids = Ids([1, 63, 65])
    ids.update([127, 66, 10**12])
    assert [id for id in range(200) if id in ids] == [1, 63, 65, 66, 127]
    assert [id in ids for id in (10**12, 10**12 + 1, "63", None)] == [True, False, False, False]
