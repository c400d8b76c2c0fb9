"""What the vectors cover: every command, refusal, family of rules and need, and who says that they are right."""

import gzip
import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from crmcore.adapters.document.messages import COMMANDS
from crmcore.domain.model.outcomes import Reason
from crmcore.domain.rules.mode import CrmState
from crmcore.testing.vectors import NEEDS, Vector, families, file_of, vectors
from crmcore.testing.vectors.schema import SLUG
from crmcore.testing.vectors.steps import CALLS
from tests.rule_coverage import spec_rules

SPEC = Path(__file__).resolve().parents[4] / "docs" / "spec"
#: Rules of the command line, of the page and of files, and of what a store promises to whoever races for it.
ELSEWHERE = ("CLI", "CSV", "EVENT", "JOIN", "PAGE")


def _asked(vector: Vector) -> set[str]:
    return {str(step.get("command") or step.get("call")) for step in vector.when if "set" not in step}


def test_ids_are_slugs_that_begin_with_their_family_and_stand_once() -> None:
    """An id is for ever, so it says what is shown and not where it stands."""
    ids = [each.id for each in vectors()]
    assert len(ids) == len(set(ids)) >= 2_000
    assert [id for id in ids if not re.fullmatch(SLUG, id)] == []
    assert [each.id for each in vectors() if not each.id.startswith(f"{each.family}.")] == []


def test_every_command_and_every_call_has_a_vector() -> None:
    """What nobody is asked for, every implementation may get wrong."""
    asked = {name for each in vectors() for name in _asked(each)}
    assert sorted((COMMANDS.keys() | set(CALLS)) - asked) == []


def test_every_command_is_asked_in_every_state() -> None:
    """Each state meets each command."""
    documents = {f"{name}": set[str]() for name in CrmState}
    for each in vectors(family="mode"):
        state = each.id.rpartition(".")[2]
        if state in documents:
            documents[state] |= _asked(each)
    assert {state: sorted(COMMANDS.keys() - asked) for state, asked in documents.items()} == {
        state: [] for state in documents
    }


def test_every_reason_to_refuse_has_a_vector() -> None:
    """No refusal is left to guess."""
    given = {
        answer.get("code")
        for each in vectors()
        for said in each.then["answers"]
        if said is not None
        for answer in (said, *(item for item in said.get("items", ()) if isinstance(item, dict)))
        if answer.get("answer") == "refused"
    }
    assert sorted(set(Reason) - given) == []


def test_of_two_reasons_the_earlier_one_is_answered() -> None:
    """Each pair that can meet is there with each of the two alone, and the one that stands before is the answer."""
    pairs = 0
    alone = {each.id: Reason(_last(each)) for each in vectors(family="rights") if _is_alone(each)}
    for each in vectors(family="rights"):
        if each.id.startswith("rights.order.") and not _is_alone(each):
            question, _, both = each.id.rpartition(".")
            first, second = (alone.get(f"{question}.{name}") for name in both.split("-and-", 1))
            if first is None or second is None:  # the names themselves hold an "and"
                continue
            pairs += 1
            assert Reason(_last(each)) in {first, second}, each.id
            if not second.stands_before(first):
                assert _last(each) == first, each.id
            if not first.stands_before(second):
                assert _last(each) == second, each.id
    assert pairs >= 90


def _is_alone(vector: Vector) -> bool:
    return vector.id.startswith("rights.order.") and "-and-" not in vector.id and "code" in vector.then["answers"][-1]


def _last(vector: Vector) -> str:
    """The reason that the last step is refused for."""
    code: str = vector.then["answers"][-1]["code"]
    return code


def test_rules_are_those_of_the_specification_and_every_family_of_rules_has_vectors() -> None:
    """A vector names the rules that it shows, or sentences of them."""
    sentences = set(spec_rules(SPEC))
    known = sentences | {sentence.partition(".")[0] for sentence in sentences}
    named = {rule for each in vectors() for rule in each.rules}
    assert sorted(named - known) == []
    of_rules = {rule.partition("-")[0] for rule in known} - set(ELSEWHERE)
    assert sorted(of_rules - {rule.partition("-")[0] for rule in named}) == []


def test_every_need_is_needed() -> None:
    """The list of needs has no word that chooses nothing."""
    assert sorted(set(NEEDS) - {need for each in vectors() for need in each.needs}) == []


def test_the_files_fit_their_limit() -> None:
    """All of them together are small enough to be carried in every wheel."""
    data = Path(__file__).resolve().parents[4] / "src" / "crmcore" / "testing" / "vectors" / "data"
    assert sorted(path.stem for path in data.glob("*.json")) == sorted([*families(), "given", "schema"])
    assert len(gzip.compress(b"".join(path.read_bytes() for path in sorted(data.iterdir())))) <= 300_000


def test_the_example_of_the_page_is_a_vector() -> None:
    """Whoever reads the format reads a vector that is there."""
    text = (SPEC / "vectors.md").read_text(encoding="utf-8")
    shown = json.loads(text.partition("```json\n")[2].partition("```")[0])
    assert shown in file_of("rights")["vectors"]


def _cells(heading: str) -> list[str]:
    """The first cells of the table below a heading of the page."""
    part = (SPEC / "vectors.md").read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    return [row.removeprefix("| ").partition(" | ")[0] for row in rows]


def test_the_tables_of_the_page_have_what_there_is() -> None:
    """Each family, each part of a given, steps that the schema takes, and answers that it knows."""
    defs = file_of("schema")["$defs"]
    named = [re.findall(r"`([a-z_]+)`", cell) for cell in _cells("The files")]
    assert sorted(each for names in named for each in names if each != "given") == sorted(families())
    given = [each for cell in _cells("`given`") for each in re.findall(r"`([a-z_]+)`", cell)]
    assert sorted(given) == sorted(file_of("schema")["$defs"]["asked"]["properties"]["given"]["properties"])
    steps = [json.loads(cell.strip("`")) for cell in _cells("`when`") if cell.startswith("`{")]
    assert len(steps) == 3
    assert [
        list(Draft202012Validator({"$ref": "#/$defs/step", "$defs": defs}).iter_errors(each)) for each in steps
    ] == [[]] * 3
    answers = {each for cell in _cells("`then`") for each in re.findall(r'"answer": "([a-z_]+)"', cell)}
    assert answers <= set(defs["answer"]["properties"]["answer"]["enum"])


#: What the table of refusals calls a record of each kind.
_CALLED = {
    "deal": "deal",
    "lead": "lead",
    "pipeline": "pipeline",
    "stages": "`stages`",
    "switch": "switch",
    "command": "command",
    "activity": "activity",
}


def test_what_a_refusal_names_is_what_the_vectors_name() -> None:
    """Each reason stands in the table once, and the kinds of the records that it names in its row, or "nothing"."""
    part = (SPEC / "rights.md").read_text(encoding="utf-8").partition("### What a refusal names\n")[2]
    rows = [
        line.strip("| ").split(" | ") for line in part.partition("\n\nWhere ")[0].splitlines() if line.startswith("| `")
    ]
    told = {code: said for codes, said in rows for code in re.findall(r"`([a-z_]+)`", codes)}
    assert told.keys() == {reason.value for reason in Reason}
    answers = [each for vector in vectors() for each in vector.then["answers"] if each and each["answer"] == "refused"]
    wrong = {
        (each["code"], each.get("kind"))
        for each in answers
        if "record" not in told[each["code"]] and _CALLED.get(each.get("kind", ""), "nothing") not in told[each["code"]]
    }
    assert wrong == set()


def test_what_is_not_there_is_said() -> None:
    """A mistyped name finds nothing, and chooses nothing in silence."""
    with pytest.raises(LookupError, match="no family 'modes': there are conversion, "):
        vectors(family="modes")
    with pytest.raises(LookupError, match=r"no vector 'mode\.nothing'"):
        vectors(ids=["mode.nothing"])
    with pytest.raises(FileNotFoundError):
        file_of("modes")
