"""How hard the property tests try: enough examples in each, and the same ones whenever they are run."""

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
