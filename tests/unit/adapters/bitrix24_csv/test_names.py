"""Display names and what they stand for: stages, sources, types of activities and persons."""

import pytest
from attrs import evolve

from crmcore.adapters.bitrix24_csv.words.names import (
    NOBODY_KNOWN,
    KnownPersons,
    Names,
    Persons,
    activity_names,
    known_stages,
    person_id,
    plain,
    source_code,
    stage_names,
    translated_in,
)
from crmcore.domain.model.ids import StageCode
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, LeadStages, Stage, StageSemantics

STAGES = {stage.code: stage for stage in DEFAULT_LEAD_STAGES.stages}


@pytest.mark.rule("CSV-6.2", "CSV-6.11")
def test_a_stage_is_known_by_its_code_and_by_its_names() -> None:
    """Those of its catalogue first, then the standard ones, and translated ones in the language that is told."""
    assert {name: stage_names()[name][:2] for name in ("NEW", "JUNK")} == {
        "NEW": ("Unprocessed", "Unassigned"),
        "JUNK": ("Low-quality lead", "Junk lead"),
    }
    assert stage_names().keys() == stage_names("it").keys() == STAGES.keys()
    assert ("Nuovo" in stage_names("it")["NEW"], "Nuovo" in stage_names()["NEW"]) == (True, False)
    assert set(stage_names("ru")["NEW"]) == set(stage_names()["NEW"])
    known = known_stages(DEFAULT_LEAD_STAGES)
    assert [known.get(name) for name in ("JUNK", "junk", "junk lead", "некачественный лид", "Junk lead", "perso")] == [
        *[STAGES[StageCode("JUNK")]] * 4, None, None]  # fmt: skip
    italian = known_stages(DEFAULT_LEAD_STAGES, "it")
    assert (italian["nuovo"], italian["junk lead"]) == (STAGES[StageCode("NEW")], STAGES[StageCode("JUNK")])
    mine = Stage(code=StageCode("UC_1"), name="Processed", semantics=StageSemantics.IN_PROCESS)
    nameless = evolve(mine, code=StageCode("unassigned"), name=None)
    renamed = (evolve(each, name=f"{each.name}!") for each in STAGES.values())
    known = known_stages(LeadStages(stages=(*renamed, mine, nameless)))
    assert (known["processed"], known["processed!"].code, known["uc_1"]) == (mine, "PROCESSED", mine)
    assert (known["unassigned"], known["in_process"].code) == (nameless, "IN_PROCESS")


def test_a_translated_name_tells_its_language() -> None:
    """Case and blanks do not matter; a name that was seen somewhere needs no language."""
    words = ("Lead di bassa qualità", " lead  SPAZZATURA", "Lead ruim", "Junk lead", "x")
    assert [translated_in(word) for word in words] == ["it", "it", "pt", None, None]


def test_a_type_of_activities_has_a_number_and_names() -> None:
    """The number of the product comes first, then the English name, those of languages without files last."""
    assert {code: (names[0], names[1], names[-1]) for code, names in activity_names().items()} == {
        "meeting": ("1", "Meeting", "Schůzka"),
        "call": ("2", "Call", "Hovor"),
        "task": ("3", "Task", "Úkol"),
        "email": ("4", "E-mail", "E-posta"),
    }


@pytest.mark.rule("CSV-6.5")
def test_a_source_has_the_same_code_in_every_file() -> None:
    """That of the product where the name or the code is known, else one made of the name."""
    codes = {
        "Website": "WEB",
        " веб-САЙТ ": "WEB",
        "web": "WEB",
        "Call": "CALL",
        "Spring fair": "UC_DCA9D52041DD",
        "spring  FAIR": "UC_DCA9D52041DD",
        "": "UC_E3B0C44298FC",
    }
    assert {name: source_code(name) for name in codes} == codes


@pytest.mark.rule("CSV-5.8")
def test_an_employee_is_written_with_an_id() -> None:
    """Alone, as the product writes employees, or beside a name; a name alone has none."""
    cells = {
        "5": 5,
        " 5.0 ": 5,
        "user_5": 5,
        "Ugo Sample [5]": 5,
        "[5] Ugo": 5,
        " [5]Ugo S. ": 5,
        "Ugo": None,
        "user_0": None,
        "user_": None,
        "Ugo [5] [6]": None,
        "[5]": None,
        "5 Ugo [6]": None,
        "[5] 7": None,
        "": None,
    }
    assert {cell: person_id(cell) for cell in cells} == cells


@pytest.mark.rule("CSV-6.6", "CSV-6.12")
def test_persons_who_are_only_named_get_ids_that_nobody_has() -> None:
    """In the order they appear; a person who is known keeps the id, and the first spelling is told."""
    persons = Persons(KnownPersons({"bea": 3, "eva": 1}, frozenset({2, 5})))
    names = ["Ugo  Sample", "BEA", "ugo SAMPLE", "Ada", "Bea", "Ida"]
    assert [persons.id_of(name) for name in names] == [4, 3, 4, 6, 3, 7]
    assert persons.names() == {4: "Ugo Sample", 3: "BEA", 6: "Ada", 7: "Ida"}
    assert Persons(NOBODY_KNOWN).names() == {}
    assert Persons(NOBODY_KNOWN).id_of("Ada") == 1


def test_names_are_compared_in_one_form() -> None:
    """Case, runs of blanks, and both ways to write one English word and one Russian letter."""
    names = {" Work  E-Mail ": "work email", "Отчёт\tЁж": "отчет еж", "STRASSE Straße": "strasse strasse", "": ""}
    assert {name: plain(name) for name in names} == names


@pytest.mark.rule("CSV-11.7")
def test_names_of_several_files_are_put_together() -> None:
    """Of two spellings the first stays; ids that nobody may get stay so, and a name counts without case."""
    first, second = (
        Names({"NEW": "Neu"}, {"A": "a"}, {1: "Ugo"}),
        Names({"NEW": "x", "B": "b"}, {}, {1: "UGO", 2: "Bo"}),
    )
    both = first.and_those(second)
    assert (both.stages, both.sources, both.persons) == ({"NEW": "Neu", "B": "b"}, {"A": "a"}, {1: "Ugo", 2: "Bo"})
    known = KnownPersons({"bea": 7, "ugo": 9}, frozenset({4})).with_names(Names({}, {}, {8: " Ugo "}))
    assert (known.ids, known.taken) == ({"bea": 7, "ugo": 8}, frozenset({4}))
