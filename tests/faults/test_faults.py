"""Each weakened design is met by a walk of the normal suite, and tells the way there as a story and as a script.

lines: the tests share what each design's walk finds, so that each is walked once.
"""

import runpy
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from tools.faults_table import DOCUMENT, document, found_of

from crmcore import ArchivePipeline, BeginSwitch, CancelSwitch, InvalidValue, Kind, PipelineId, Ref
from crmcore.adapters.spec import read_trace
from crmcore.domain import laws
from crmcore.testing.walk import (
    FAULTS,
    WALKS,
    Design,
    Fault,
    LawBroken,
    Run,
    Story,
    explore,
    script_of,
    story_of,
)
from crmcore.testing.walk.laws import PARTS
from crmcore.testing.walk.names import third_person
from crmcore.testing.walk.script import source_of
from crmcore.testing.wrapped import WrappedStore

_RULES = sorted({fault.rule for fault in FAULTS})


@pytest.mark.rule(*_RULES)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_weakened_design_breaks_its_rule_in_a_walk_of_the_suite(fault: Fault) -> None:
    """The walk that finds nothing in the real code finds the broken rule in the weakened one."""
    found = found_of(fault)

    assert fault.rule in found.rules
    assert found.path


@pytest.mark.rule("SWITCH-1")
@pytest.mark.parametrize("name", ["a switch and new leads", "a pipeline in use"])
def test_a_store_around_the_store_breaks_nothing_by_itself(name: str) -> None:
    """What is found is the weakness and not the wrapper: around the real store it changes no state of the walk."""
    assert explore(WALKS[name], Design("wrapped", wrap=WrappedStore)) == explore(WALKS[name])


@pytest.mark.rule("SWITCH-1")
def test_without_lead_versions_the_ledger_alone_still_keeps_to_one_deal() -> None:
    """The ledger is a second belt: where nobody closes leads, only a store weakened twice makes two deals."""
    once, twice = (next(each for each in FAULTS if each.name == name) for name in _BELTS)

    assert not explore(WALKS[twice.walk], once.design).broken
    assert "SWITCH-1" in explore(WALKS[twice.walk], twice.design).rules


_BELTS = ("no lead version in the read set", "no lead version and no ledger")


def test_the_table_of_faults_is_current() -> None:
    """docs/faults.md says what the walks find; `python -m tools.faults_table` rewrites it."""
    assert DOCUMENT.read_text(encoding="utf-8") == document()


#: How many sentences a story has at most.
MOST = 9


@cache
def _story(fault: Fault) -> Story:
    return story_of(WALKS[fault.walk], fault.design, rule=fault.rule, found=found_of(fault))


def _script(fault: Fault, folder: Path) -> Path:
    path = folder / "story.py"
    path.write_text(script_of(_story(fault), fault.sentence, fault.says), encoding="utf-8")
    return path


def _named(name: str) -> Fault:
    return next(each for each in FAULTS if each.name == name)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
class TestEachDesign:
    """All nineteen, from the walk that finds them."""

    def test_its_story_is_short_and_ends_with_the_law_the_record_and_the_part(self, fault: Fault) -> None:
        """At most nine sentences; the last says which law breaks, for which record, and in which part of it."""
        story = _story(fault)
        (first, record), *_ = story.broken
        assert len(story.sentences) <= MOST
        assert first.rule == fault.rule
        last = story.sentences[-1].text
        assert first.law.replace("_", " ") in last
        assert record in last
        assert last.endswith(f", in its {first.part}.")

    def test_its_script_fails_on_it_and_passes_on_the_real_design(
        self, fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The script makes the run of the story, and the same run keeps every law where nothing is weakened."""
        script = str(_script(fault, tmp_path))
        monkeypatch.setattr(sys, "argv", [script])
        with pytest.raises(LawBroken) as broke:
            runpy.run_path(script)
        assert set(broke.value.broken) == {each for each, _ in _story(fault).broken}
        monkeypatch.setattr(sys, "argv", [script, "real"])
        runpy.run_path(script)
        assert capsys.readouterr().out == "every law holds\n"


def test_a_script_stands_alone(tmp_path: Path) -> None:
    """A reader runs it with Python: exit 1 with the law, the record and the part, and exit 0 on the real design."""
    script = str(_script(_named("edit without version check"), tmp_path))
    weak = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    real = subprocess.run([sys.executable, script, "real"], capture_output=True, text=True, check=False)
    assert (weak.returncode, real.returncode) == (1, 0)
    assert weak.stderr.rstrip().endswith("EDIT-1: an_edit_meets_the_record_that_was_read: lead:1, stage")


def test_a_story_names_people_and_records() -> None:
    """Who does what, and what each commit changed, by name."""
    assert [each.text for each in _story(_named("no lead version in the read set")).sentences] == [
        'A Classic CRM has lead "Lead 1" and lead "Lead 2".',
        'Bruno decides to convert lead "Lead 1" by hand, and does not commit yet.',
        'Anna closes lead "Lead 1": lead "Lead 1" stage NEW → JUNK.',
        'Bruno commits what was decided, to convert lead "Lead 1" by hand: lead "Lead 1" stage JUNK → CONVERTED; '
        'deal of lead "Lead 1" is new; contact of lead "Lead 1" is new; ledger row of lead "Lead 1" is new.',
        'That breaks SWITCH-2, "a conversion takes active leads only", for lead "Lead 1", in its stage.',
    ]


@pytest.mark.parametrize(
    "name, sentence",
    [
        ("permission judged only before the commit", "Bruno loses the right to change settings."),
        ("edit without version check", 'Bruno reads lead "Lead 1".'),
        ("finish reads count and settings apart", 'Anna is to finish switch "k" and counts what is left: 0 active.'),
        (
            "a set-aside lead retried for ever",
            'Anna converts a chunk of 2 of switch "k": the store cannot write lead "Lead 1", '
            "and Anna decides to set it aside.",
        ),
        ("a cursor outlives its epoch", 'Anna reads the CRM to convert a chunk of 1 of switch "l".'),
        (
            "deal and lead written in two commits",
            'Anna converts lead "Lead 1" by hand, in a first commit: deal of lead "Lead 1" is new; '
            'contact of lead "Lead 1" is new.',
        ),
    ],
    ids=lambda value: value[:20],
)
def test_each_kind_of_step_has_its_sentence(name: str, sentence: str) -> None:
    """Changes of the world, reads, counts, faults, a last load, and a decision that is written in two commits."""
    assert sentence in [each.text for each in _story(_named(name)).sentences]


def test_a_load_and_the_commit_behind_it_are_one_sentence() -> None:
    """Thirteen steps are told in seven sentences, since each load stands as late as it can."""
    fault = _named("finish reads count and settings apart")
    assert len(found_of(fault).path) == 13
    assert len(_story(fault).sentences) == 9


def test_a_design_that_breaks_nothing_has_no_story() -> None:
    """The real one."""
    walk = WALKS["a pipeline in use"]
    with pytest.raises(ValueError, match="breaks no law in the design 'real'"):
        story_of(walk, found=explore(walk, most=10))


def test_every_law_of_the_library_says_which_part_it_is_about() -> None:
    """A law that is added without a part fails here."""
    tables = [value for name, value in vars(laws).items() if name.endswith("_LAWS") and name != "_LAWS"]
    assert {law.check.__name__ for table in tables for law in table} == set(PARTS)


def test_each_design_breaks_a_sentence_of_the_specification() -> None:
    """A story quotes it from the trace that ships with the package, in plain text."""
    for fault in FAULTS:
        rule = read_trace().find(fault.sentence)
        assert rule is not None
        assert rule.id == fault.rule
        assert fault.says.endswith(".")
    says = next(fault.says for fault in FAULTS if fault.sentence == "SWITCH-9.4")
    assert says == "A marked lead is not offered again as long as it has its mark."


class TestRun:
    """A run by hand, as a script makes it."""

    def test_what_is_not_possible_changes_nothing(self) -> None:
        """A commit of nothing, a load where something is held, and one that is refused."""
        run = Run("a pipeline in use")
        anna, bruno = run.actors
        assert not anna.commits()
        assert not bruno.loads(CancelSwitch())
        assert anna.loads(BeginSwitch(key="k"))
        assert not anna.loads(CancelSwitch())
        assert not anna.reads(Ref(Kind.LEAD, 1), CancelSwitch())
        assert anna.commits()
        assert bruno.loads(ArchivePipeline(pipeline_id=PipelineId(1)))
        assert len(run.taken) == 3

    @pytest.mark.parametrize("name", ["walk", "design"])
    def test_an_unknown_name_is_told_with_those_that_are_known(self, name: str) -> None:
        """Whoever mistypes a script is told what would have been right."""
        given = {"walk": "a pipeline in use", "design": "real"} | {name: "no such"}
        with pytest.raises(InvalidValue, match=f"{name}: expected one of"):
            Run(**given)


def test_a_value_is_written_as_the_source_that_makes_it() -> None:
    """Only what differs from the default stands in a script, and each name is imported from the facade."""
    used: dict[str, str] = {}
    assert source_of(frozenset({Ref(Kind.LEAD, 2), Ref(Kind.DEAL, 1)}), used) == (
        "frozenset({Ref(Kind.DEAL, 1), Ref(Kind.LEAD, 2)})"
    )
    assert source_of({"title": ("a", None)}, used) == '{"title": ("a", None,)}'
    assert used == {"Ref": "crmcore", "Kind": "crmcore"}


def test_a_verb_is_told_of_a_third_person() -> None:
    """With the endings of English."""
    assert [third_person(verb) for verb in ("retry the leads", "finish", "delete it", "buy", "switch back")] == [
        "retries the leads",
        "finishes",
        "deletes it",
        "buys",
        "switches back",
    ]
