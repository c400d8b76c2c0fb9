"""Words by which a column may be the stage, and headings that nobody can read: each decides nothing but a refusal."""

import pytest

from crmcore.adapters.bitrix24_csv.words.stage_words import (
    COMPANIONS,
    is_nameless,
    is_stage_cell,
    is_stage_heading,
    is_unreadable,
    speaks_of_stages,
    stage_cells,
    stage_headings,
    stage_key,
)


def test_words_are_compared_by_their_letters() -> None:
    """Case, accents, punctuation, humps, marks that nobody sees, and letters of other alphabets that look alike."""
    keys = {
        "Situação": "situacao",
        "leadStatus": "lead status",
        "LEAD_STATUS": "lead status",
        " Open - Not  Contacted ": "open not contacted",
        "Połączenie": "polaczenie",
        "Aşaması ı": "asamasi i",
        "St\u00adage\u200b": "stage",
        "\u0405t\u0430ge": "stage",
        "ЅТАТUS": "status",
        "Größe": "grosse",
        "№5": "no5",
        "стадияЛида": "ctaдия лидa",
        "ŁÓDŹ": "łodz",
    }
    assert {word: stage_key(word) for word in keys} == keys


def test_each_language_has_its_words() -> None:
    """Those of a file of words before those of the table, and each is found in whatever case."""
    assert list(stage_headings())[:3] == ["English", "Russian", "German"]
    assert stage_headings()["Turkish"] == ("aşama", "aşaması", "durum", "durumu", "statü")
    assert stage_cells()["Czech"][0] == "nový"
    headings = [word for words in stage_headings().values() for word in words]
    assert [word for word in headings if not (is_stage_heading(word) and is_stage_heading(word.upper()))] == []
    cells = [word for words in stage_cells().values() for word in words]
    assert [word for word in cells if not is_stage_cell(word)] == []
    assert [is_stage_cell(word) for word in ("NEW", "junk LEAD", "Lead spazzatura", "Качественный лид", "x")] == [
        True, True, True, True, False]  # fmt: skip


@pytest.mark.rule("CSV-3.2")
def test_a_heading_could_be_that_of_the_stage() -> None:
    """Alone, with words beside it that make it no other one, or with the number of a program behind."""
    could = [
        "Lead Status",
        "Fase del lead",
        "STAGE_ID",
        "Stage.1",
        "Status2",
        "Current stage of the lead",
        "Lead's status",
    ]
    could_not = ["Статус оплаты", "Lead", "", "Payment status", "Upstage", "Lead name", "Stagecoach"]
    assert [word for word in could if not is_stage_heading(word)] == []
    assert [word for word in could_not if is_stage_heading(word)] == []
    assert [word for word in sorted(COMPANIONS) if not is_stage_heading(f"Status {word}")] == []


@pytest.mark.rule("CSV-3.2")
def test_a_heading_speaks_of_stages() -> None:
    """By any word of stages or of how leads end, but beside a word of something else."""
    speaks = [
        "Vertriebsphase",
        "Verlustgrund",
        "Kundenstatus",
        "Lost reason",
        "Chiuso",
        "Junk lead",
        "Deal closed",
        "Причина отказа",
        "Дата закрытия",
        "Is converted",
        "Stage of x y",
        "Qualified",
        "Won2",
        "giai đoạn",
        "Good lead",
    ]
    says_nothing = ["Статус оплаты", "Size", "Payment status", "Invoice closed", "Marital status", ""]
    assert [word for word in speaks if not speaks_of_stages(word)] == []
    assert [word for word in says_nothing if speaks_of_stages(word)] == []


def test_a_heading_that_says_nothing_of_its_column() -> None:
    """No letter is in it, or a program has put it there."""
    nameless = ["", " ", "2", "№ 3", "-", "Unnamed: 3", "Column4", " COL ", "field", "Spalte 12", "Поле_1", "f1", "Var"]
    named = ["File", "Columns", "Unnamed x", "my column", "2f", "Fieldname"]
    assert [each for each in nameless if not is_nameless(each)] == []
    assert [each for each in named if is_nameless(each)] == []


def test_a_heading_that_nobody_can_read() -> None:
    """In an alphabet of no language that is known, or in what a mistaken encoding makes of one."""
    unreadable = ["مرحله", "阶段", "Ñòàäèÿ", "????", "?", "\ufffd1", "ÀÉî", "阶a段", "\U00017000\U00017001"]
    readable = ["Größe", "Стадия", "2", "", "Àé", "Élève", "阶段ab", "Qualité?", "ÀÉîabc"]
    assert [each for each in unreadable if not is_unreadable(each)] == []
    assert [each for each in readable if is_unreadable(each)] == []
