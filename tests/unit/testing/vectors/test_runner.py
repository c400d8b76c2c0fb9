"""The vectors on this library in memory, and what is said of one that fails."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.model.errors import ContractBroken
from crmcore.domain.model.image import CrmImage
from crmcore.ports.store import Store
from crmcore.testing.failures import FailingStore
from crmcore.testing.vectors import Play, Verdict, canonical, check_vectors, families, play_on, run_vectors, vectors
from crmcore.testing.vectors.runner import ask


@pytest.mark.parametrize(
    "family, stride",
    [
        *(pytest.param(family, 20, id=f"{family}-some") for family in families()),
        *(pytest.param(family, 1, id=family, marks=pytest.mark.slow) for family in families()),
    ],
)
def test_every_vector_passes_in_memory(family: str, stride: int) -> None:
    """This library answers what every implementation must answer; for every save it is asked one vector in twenty."""
    chosen = vectors(family=family)[::stride]
    report = run_vectors(chosen)
    assert [f"{each.id}: {each.said}" for each in report.failed] == []
    assert report.families[family]["passed"] == len(chosen)


def test_a_vector_that_needs_more_is_skipped_and_says_what() -> None:
    """An implementation is asked for what it has, and nothing is left out in silence."""
    chosen = vectors(ids=["data.custom.text.both", "mode.cancel.simple"])
    found = {each.id: each for each in run_vectors(chosen, needs=["conversion"]).verdicts}
    assert found["data.custom.text.both"] == Verdict("data.custom.text.both", "data", "skipped", "needs custom")
    assert found["mode.cancel.simple"].result == "passed"


Json = dict[str, Any]

#: A lead that is closed by hand, and how an implementation may be wrong about it.
CLOSED = "mode.close-lead.switching"


def _wrong(change: Mapping[str, Any]) -> Mapping[str, Any]:
    """What this library says of the lead, with one part exchanged."""
    (vector,) = vectors(ids=[CLOSED])
    return {**play_on()(vector.asked), **change}


@pytest.mark.parametrize(
    "change, said",
    [
        ({"answers": [{"answer": "number", "number": 2}]}, "step 0, close_lead by 1: number: expected 1, got 2"),
        (
            {"answers": [{"answer": "refused", "code": "not_permitted", "rule": "PERM-6"}]},
            'step 0, close_lead by 1: expected {"answer": "number", "number": 1}, got {"answer": "refused", '
            '"code": "not_permitted", "rule": "PERM-6"}',
        ),
        ({"state": "simple"}, "the state in the end: expected switching, got simple"),
        ({"changed": {}}, 'lead 1: expected {"stage": "JUNK", "semantics": "F"}, got no change'),
        (
            {"changed": {"leads": [{"id": 1, "stage": "NEW", "semantics": "F"}]}},
            'lead 1: stage: expected "JUNK", got nothing',
        ),
        (
            {"changed": {"leads": [{"id": 1, "stage": "JUNK", "semantics": "F"}, {"id": 2, "title": "Other"}]}},
            'lead 2: expected no change, got {"title": "Other"}',
        ),
        ({"answers": [{"answer": "number", "number": True}]}, "step 0, close_lead by 1: number: expected 1, got true"),
        ({"answers": []}, "answers: expected 1, one for each step, got 0"),
        ({"answers": [None, None]}, "answers: expected 1, one for each step, got 2"),
        ({"answers": None}, "answers: expected a list, got something else"),
        ({"answers": [7]}, "step 0: expected null, or an object with its name under 'answer'"),
        ({"changed": {"notes": []}}, "changed: expected the lists of a document, got 'notes'"),
        ({"changed": {"settings": []}}, "settings: expected an object"),
        ({"changed": {"leads": {}}}, "leads: expected a list of rows"),
        ({"changed": {"leads": [7]}}, "leads[0]: expected an object"),
        ({"changed": {"leads": [{"stage": "JUNK"}]}}, "leads[0]: expected a row with 'id'"),
        ({"changed": {"outcomes": [{"lead_id": 1}]}}, "outcomes[0]: expected a row with 'switch' and 'lead_id'"),
    ],
)
def test_the_first_difference_is_told_in_words(change: Mapping[str, Any], said: str) -> None:
    """Whoever reads a failed vector sees which step or which record is wrong, and in which part."""
    (vector,) = vectors(ids=[CLOSED])
    verdict = ask(vector, lambda _: _wrong(change))
    assert (verdict.result, verdict.said) == ("failed", said)


def test_a_part_that_a_program_does_not_say_is_told_of() -> None:
    """A line has the answers, the state and what changed."""
    (vector,) = vectors(ids=[CLOSED])
    assert ask(vector, lambda _: {"answers": []}).said == "state: expected the name of a state, got no such key"


def _without_nulls(row: Json) -> Json:
    return {key: value for key, value in row.items() if value is not None}


def _told_again(change: Callable[[Json], Json], tables: Iterable[str]) -> Play:
    """What this library says in the shortest form, with each row of some lists exchanged."""

    def play(asked: Mapping[str, Any]) -> Json:
        said = canonical(asked, play_on()(asked))
        told = {name: [change(row) for row in rows] for name, rows in said["changed"].items() if name in tables}
        return {**said, "changed": {**said["changed"], **told}}

    return play


@pytest.mark.parametrize(
    "id, tables, change, said",
    [
        (
            "mode.erase-client.classic",
            ["contacts"],
            lambda row: {key: row[key] for key in row if key != "contact_points"},
            "contact 1: contact_points: expected nothing, got no change",
        ),
        (
            "data.delete.active.classic",
            ["leads"],
            lambda row: {key: row[key] for key in row if key not in ("title", "name", "contact_points", "comments")},
            "lead 1: title: expected nothing, got no change",
        ),
        ("mode.erase-client.classic", ["deals"], lambda row: {"id": row["id"]}, 'deal 1: expected {"title": null}, '),
        ("data.delete.active.classic", ["leads"], _without_nulls, "lead 1: stage: expected nothing, got no change"),
        ("data.delete.active.classic", ["leads"], lambda row: {**row, "colour": None}, "changed.leads[0]: expected no"),
        (CLOSED, ["leads"], lambda row: {**row, "utm": {"colour": []}}, "changed.leads[0].utm: expected no key"),
        (CLOSED, ["outcomes"], lambda row: {**row, "code": "other"}, 'outcome live 1: code: expected nothing, got "o'),
    ],
)
def test_what_became_empty_has_to_be_said(
    id: str, tables: list[str], change: Callable[[Json], Json], said: str
) -> None:
    """A program that leaves personal data behind fails, and so does one that says keys that nothing has."""
    (vector,) = vectors(ids=[id])
    assert ask(vector, _told_again(lambda row: row, tables)).said is None
    found = ask(vector, _told_again(change, tables)).said
    assert (found or "")[: len(said)] == said


def test_what_is_an_implementation_s_own_business_makes_no_difference() -> None:
    """Other new ids, versions, epochs, empty keys and rows that are as they were are put right."""
    (vector,) = vectors(ids=["conversion.by-hand.no-client.person.both.keep.default"])
    said = play_on()(vector.asked)
    shifted = {("deal_id", 1): 900, ("contact_id", 2): 71, ("company_id", 2): 500}

    def other(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            found = {name: other(each, name) for name, each in value.items()}
            return found if key == "custom" else {"epoch": 77, **found}
        if isinstance(value, list):
            if len(value) == 2 and isinstance(value[1], int):
                return [value[0], shifted.get((f"{value[0]}_id", value[1]), value[1])]
            return [other(each) for each in value]
        return shifted.get((key, value), value)

    changed = {name: other(rows) for name, rows in said["changed"].items()}
    for name, kind in (("deals", "deal_id"), ("contacts", "contact_id"), ("companies", "company_id")):
        changed[name] = [{**row, "id": shifted[kind, row["id"]]} for row in changed[name]]
    again = {**said, "answers": other(said["answers"]), "changed": changed}
    assert changed["deals"][0]["id"] == 900
    assert ask(vector, lambda _: again).said is None


def test_a_store_that_loses_writes_fails_with_the_vectors_named() -> None:
    """A host's test sees which examples its store gets wrong."""

    class Forgetful(FailingStore):
        def commit(self, changes: Any, confirm: Any = None) -> None:
            """Commit nothing."""

    def make(image: CrmImage) -> Store:
        return Forgetful(InMemoryStore(image))

    with pytest.raises(ContractBroken, match=r"failed, the first are:\npolicy\.whole\.contact\.keep\.default: "):
        check_vectors(make, family="policy")
