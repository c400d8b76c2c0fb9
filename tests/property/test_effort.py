"""How hard the property tests try: enough examples in each, and the same ones whenever they are run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from tests.property.effort import FEWEST, HEADLINE

ROOT = Path(__file__).resolve().parent.parent.parent

#: A property outside the repository, which prints what it draws; the name of a module to import before it may be given.
PRINTING = """
import importlib, sys
import tests.conftest
for name in sys.argv[1:]:
    importlib.import_module(name)
from hypothesis import given, settings, strategies as st

@settings(max_examples=30)
@given(st.integers(), st.text(), st.binary())
def draws(number, text, some):
    print(number, ascii(text), some)

draws()
"""


def test_no_property_tries_fewer_than_fifty_examples(request: pytest.FixtureRequest) -> None:
    """Of those that are collected together with this test."""
    own = ((each.nodeid, getattr(each, "obj", None)) for each in request.session.items)
    tried = {name: getattr(test, "_hypothesis_internal_use_settings", None) for name, test in own}
    assert [name for name, each in tried.items() if each is not None and each.max_examples < FEWEST] == []


#: Where fewer are asked for all the same, and why that is enough.
LESS = {
    "tests/kit/test_any_order.py": "the machine of a made-up host: its order matters, and not what it finds",
    "tests/kit/test_from_type.py": "a made-up program, of which one draw is looked at",
    "tests/property/test_effort.py": "what is drawn is compared with a second run",
    "tests/property/test_machine.py": "runs of forty steps, with twenty seeds, until everything was met",
    "tests/property/test_machine_finds.py": "runs of thirty steps, which find a planted fault or close a store",
    "tests/sql/test_machine.py": "twenty runs of thirty steps on each database; memory has fifty, and `make deep` 200",
    "tests/unit/testing/test_closed_stores.py": "runs of eight steps, of which the stores are counted",
}


def test_whoever_asks_for_fewer_says_why() -> None:
    """Also where a test draws inside, which is not collected as a property: by the number in its text."""
    paths = [path for folder in ("tests", "docs") for path in (ROOT / folder).rglob("*.py")]
    asked = {
        path.relative_to(ROOT).as_posix(): re.findall(r"max_examples=(\w+)", path.read_text(encoding="utf-8"))
        for path in paths
    }
    own = ("tests/property/effort.py", "tests/conftest.py")
    fewer = {
        name
        for name, found in asked.items()
        if name not in own and any(not each.isdigit() or int(each) < FEWEST for each in found)
    }
    assert fewer == set(LESS)


def test_the_headline_tries_the_most() -> None:
    """As docs/design.md says: 300 in `make test`, 3,000 in CI."""
    examples = {"dev": 300, "ci": 3_000}
    profile = next((name for name in examples if settings.get_profile(name) == settings.default), None)
    if profile is not None:
        assert HEADLINE.max_examples == examples[profile]


def test_the_examples_do_not_depend_on_what_was_imported_before() -> None:
    """A red run is red again: alone, beside other tests, and in another process."""
    runs = [
        subprocess.run(
            [sys.executable, "-c", PRINTING, *modules],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "HYPOTHESIS_PROFILE": "dev"},
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        ).stdout
        for modules in ([], ["crmcore.adapters.sql", "bench.workload"])
    ]
    assert runs[0] == runs[1]
    assert len(runs[0].splitlines()) > FEWEST // 2
