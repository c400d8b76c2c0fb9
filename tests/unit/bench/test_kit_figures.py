"""The figures of the test kit are measured, shown and held against their goals."""

import pytest
from bench.imports import ImportCost
from bench.kit import measure_kit
from bench.measure import Figures, KitCost, Memory, Race
from bench.report import as_document, as_table, rows_of
from bench.servers import seconds_of
from bench.starts import Start

RACE = Race(10, False, False, 1, 1.0, 3.0, 3.0, 3.0, 3.0, 0.1, 4.0, 4.0, 0.2)


def figures(kit: KitCost) -> Figures:
    return Figures(
        small=RACE,
        warm=RACE,
        large=None,
        matching=None,
        memory=Memory(1.0, 1.0, 1.0, 1.0),
        imports=ImportCost(1.0, 2.0, 3.0, 1.5, 2.0, ()),
        starts=(Start("crmcore --help", "import attrs", 10.0, 17.0, 1.7, 1.6),),
        kit=kit,
        parts={"snapshot": 1.0},
        seconds_of_parts=1.0,
    )


@pytest.mark.slow
def test_a_ready_crm_and_its_switch_are_measured() -> None:
    """Both cost some processor time: more than one tick of a clock that goes by ticks, as one does beside a timer."""
    measured = measure_kit(1_000)
    assert measured.keys() == {"ready", "switched"}
    assert min(measured.values()) > 0


def test_they_are_rows_of_the_table_with_their_goals() -> None:
    """What is too slow is said, in the terminal and in the document."""
    good = figures(KitCost(leads=1000, ready=20.0, floor=4.0, switched=12.0, ratio=3.0))
    bad = figures(KitCost(leads=1000, ready=2000.0, floor=4.0, switched=120.0, ratio=30.0))
    for shown, met in ((good, "yes"), (bad, "no")):
        rows = {row.what: row for row in rows_of(shown)}
        assert rows["`TestCrm` ready, µs"].met == met
        assert rows["1,000 leads of a `TestCrm` switched, ms"].met == met
    assert "| 1,000 leads of a `TestCrm` switched, ms | 4.0 | 12.0 | 3.00 | <= 100 ms | yes |" in as_document(good, "x")
    assert "leads of a `TestCrm` switched, ms" in as_table(good)


def test_servers_of_the_page_are_measured_by_what_they_add() -> None:
    """A test with a server signs in and reads the page, which takes longer than a CRM alone."""
    assert seconds_of(3, is_served=True) > seconds_of(3, is_served=False) > 0
