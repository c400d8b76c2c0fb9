"""The second program agrees with every vector, and has learnt nothing from the library."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tests
from crmcore.testing.vectors.canonical import canonical
from crmcore.testing.vectors.files import families, vectors
from tests.oracle import judge

_HERE = Path(__file__).parent


@pytest.mark.parametrize("family", families())
def test_the_oracle_says_of_each_vector_what_is_written_in_it(family: str) -> None:
    """Answers, state and every record: written down from the library, and judged from docs/spec alone."""
    differing = []
    for vector in vectors(family=family):
        said = judge(vector.asked)
        if "skipped" in said:
            assert vector.agreed == "hand", f"{vector.id}: {said['skipped']}"
        elif canonical(vector.asked, said) != vector.then:
            differing.append(vector.id)
    assert differing == []


def test_an_answer_that_is_changed_is_seen() -> None:
    """The comparison is no formality: one other answer, state or record is a difference."""
    vector = next(each for each in vectors(family="conversion") if each.then["changed"].get("deals"))
    said = judge(vector.asked)
    assert canonical(vector.asked, said) == vector.then
    for changed in (
        {**said, "answers": [{"answer": "no_change"} for _ in said["answers"]]},
        {**said, "state": "nowhere"},
        {**said, "changed": {**said["changed"], "deals": []}},
        {**said, "changed": {**said["changed"], "leads": [{**row, "title": "x"} for row in said["changed"]["leads"]]}},
    ):
        assert canonical(vector.asked, changed) != vector.then


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


def test_the_oracle_imports_nothing_of_the_library() -> None:
    """Only the standard library and itself: what it knows, it knows from docs/spec."""
    modules = [path for path in _HERE.rglob("*.py") if not path.name.startswith("test_")]
    assert len(modules) > 15
    for path in (*modules, Path(str(tests.__file__))):
        for name in _imports(path):
            top = name.partition(".")[0]
            assert top in sys.stdlib_module_names or name.startswith("tests.oracle"), f"{path.name} imports {name}"


def test_what_the_oracle_cannot_judge_has_its_reason() -> None:
    """A limit of the oracle is an answer with a reason, never a guess."""
    vector = vectors(family="mode")[0]
    said = judge({**vector.asked, "when": [{"actor": 1, "call": "horoscope"}]})
    assert said == {"skipped": "horoscope is not judged"}
