"""No sheet, whatever its headings and cells, makes a lead active of which a column may say that it is closed."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crmcore.adapters.bitrix24_csv import BadFile, read_leads
from crmcore.adapters.bitrix24_csv.languages.catalogue import languages
from crmcore.adapters.bitrix24_csv.words.columns import LEAD_COLUMNS
from crmcore.adapters.bitrix24_csv.words.stage_words import stage_cells
from tests.property.effort import examples
from tests.understood import NEAR_MISSES, SAME_WORDS, STAGE_WORDS, is_understood, looking_alike

HEADINGS = [
    *(column.code for column in LEAD_COLUMNS),
    *(name for each in languages() for names in each.words("leads").values() for name in names),
]
NAMES = [word for words in stage_cells().values() for word in words]

headings = st.one_of(
    st.sampled_from(STAGE_WORDS),
    st.sampled_from(HEADINGS),
    st.sampled_from(["Lead Status", "Fase del lead", "stageId", "lastName", "name", "Own field", "UF_CRM_A", "Bucket"]),
    st.sampled_from(STAGE_WORDS).map(str.upper),
    st.sampled_from(sorted(NEAR_MISSES)),
    st.sampled_from(sorted(SAME_WORDS)),
    st.text(max_size=12),
)
cells = st.one_of(
    st.just(""),
    st.sampled_from(
        ["NEW", "JUNK", "CONVERTED", "Unassigned", "In progress", "Good lead", "NaN", " ", "1", "x", "39.0"]
    ),
    st.sampled_from(NAMES),
    st.sampled_from(NAMES).map(looking_alike),
    st.sampled_from([f"{name}." for name in NAMES]),
    st.text(max_size=12),
)


@st.composite
def sheets(draw: st.DrawFn) -> list[list[str]]:
    """A heading `ID` and more, and some rows as wide."""
    names = ["ID", *draw(st.lists(headings, min_size=1, max_size=5))]
    rows = draw(st.lists(st.lists(cells, min_size=len(names) - 1, max_size=len(names) - 1), min_size=1, max_size=4))
    return [names, *([str(id), *row] for id, row in enumerate(rows, start=1))]


@pytest.mark.rule("IMPORT-1", "STAGE-2")
@settings(parent=examples(4), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(sheet=sheets())
@example(sheet=[["ID", "TITLE", "Fase"], ["1", "a", "x"]])
@example(sheet=[["ID", "TITLE", "STATUS_ID", "Etapa"], ["1", "a", "NEW", "x"]])
@example(sheet=[["ID", "TITLE", "Stage", "Lead fase"], ["1", "a", "New", "x"]])
@example(sheet=[["ID", "TITLE", "Etap *"], ["1", "a", "x"]])
def test_no_lead_is_active_whose_stage_was_not_understood(tmp_path: Path, sheet: list[list[str]]) -> None:
    """The file is refused, or every active lead has nothing but active stages under a heading of the list."""
    text = StringIO(newline="")
    csv.writer(text, delimiter=";").writerows(sheet)
    path = tmp_path / "leads.csv"
    path.write_text(text.getvalue(), encoding="utf-8", errors="replace", newline="")
    try:
        file = read_leads(path)
    except BadFile:
        return
    active = {int(lead.id) for lead in file.leads if lead.is_active}
    names, *rows = sheet
    for id, *row in rows:
        for heading, cell in zip(names[1:], row, strict=True):
            assert int(id) not in active or is_understood(heading, cell), (heading, cell)
