"""`st.from_type` knows the types of the domain, whatever was imported first."""

import importlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crmcore_hypothesis
from crmcore.auditing import audit_store
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.image import CrmImage
from crmcore.testing import TestCrm
from crmcore.testing.strategies.types import BY_TYPE
from tests.kit.conftest import Host

_DRAW = """
drawn = []

@settings(max_examples=1, database=None)
@given(st.from_type(Lead))
def draw(lead):
    drawn.append(lead)

draw()
assert type(drawn[0]) is Lead
"""
_HYPOTHESIS = "from hypothesis import given, settings, strategies as st"
_KIT = "assert not [name for name in sys.modules if name.startswith('crmcore.testing')]"


@pytest.mark.parametrize(
    "imports",
    [
        f"from crmcore import Lead\n{_HYPOTHESIS}",
        f"{_HYPOTHESIS}\nfrom crmcore import Lead",
        f"{_HYPOTHESIS}\nfrom crmcore.domain.lead import Lead",
        f"import crmcore.adapters.memory\n{_HYPOTHESIS}\nfrom crmcore import Lead",
    ],
    ids=["crmcore first", "hypothesis first", "a module of crmcore", "an adapter"],
)
def test_a_fresh_process_needs_no_import_of_the_kit(host: Host, imports: str) -> None:
    """Hypothesis and crmcore may come in any order, and the kit is loaded by the first draw."""
    run = host.python("-W", "error", "-c", f"import sys\n{imports}\n{_KIT}\n{_DRAW}\n")
    assert run.returncode == 0, run.stderr


def test_hypothesis_alone_loads_nothing_of_the_package(host: Host) -> None:
    """A program that has crmcore installed and does not use it pays next to nothing."""
    code = "import sys, hypothesis; assert 'crmcore_hypothesis' in sys.modules; assert 'crmcore' not in sys.modules"
    run = host.python("-c", code)
    assert run.returncode == 0, run.stderr


def test_waiting_leaves_no_trace(host: Host) -> None:
    """Once the package is found, finders and loader are what they were; it can be looked at before, and reloaded."""
    host.write(
        {
            "trace.py": """
                import importlib, importlib.util, sys
                import importlib.resources  # brings its own

                before = list(sys.meta_path)
                import hypothesis
                assert len(sys.meta_path) == len(before) + 1
                looked_at = importlib.util.find_spec("crmcore")
                assert looked_at.loader.is_package("crmcore")
                assert importlib.util.find_spec("crmcore_of_nobody") is None
                import crmcore
                from hypothesis import strategies as st
                assert sys.meta_path == before
                assert type(crmcore.__spec__.loader) is type(crmcore.__loader__) is type(crmcore.crm.__loader__)
                assert "leads" in repr(st.from_type(crmcore.Lead))
                importlib.reload(crmcore)
                """
        }
    )
    run = host.python("trace.py")
    assert run.returncode == 0, run.stderr


def test_loading_it_costs_hypothesis_little(host: Host) -> None:
    """At most 5 ms of its own, the best of five, by what Python itself says of the import."""
    costs = []
    for _ in range(5):
        run = host.python("-X", "importtime", "-c", "import typing, collections.abc; import crmcore_hypothesis")
        (line,) = [line for line in run.stderr.splitlines() if line.endswith(" crmcore_hypothesis")]
        costs.append(int(line.split("|")[1]))
    assert min(costs) <= 5000


def test_every_strategy_is_registered_and_every_command_has_one() -> None:
    """The list that is loaded early and the strategies that are loaded late name the same types."""
    listed = {
        getattr(importlib.import_module(f"crmcore.{module}"), name)
        for module, names in crmcore_hypothesis._TYPES.items()
        for name in names
    }
    assert listed == set(BY_TYPE)
    assert {kind.__name__ for kind in set(HANDLERS) - set(BY_TYPE)} == {"SetAside"}


@pytest.mark.parametrize("kind", BY_TYPE, ids=[kind.__name__ for kind in BY_TYPE])
def test_each_type_is_drawn_valid(kind: type) -> None:
    """What is drawn is of the type, and was made by its own constructor."""

    @settings(max_examples=5, database=None)
    @given(st.from_type(kind))
    def draws(value: object) -> None:
        assert type(value) is kind

    draws()


@settings(max_examples=50)
@given(...)
def test_a_signature_is_enough(image: CrmImage) -> None:
    """Hypothesis reads the annotations; a whole CRM keeps every law."""
    assert list(audit_store(TestCrm.of(image).store)) == []
