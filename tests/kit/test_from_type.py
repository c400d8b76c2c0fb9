"""`st.from_type` knows the types of the domain once the kit is imported, whatever came first."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crmcore_hypothesis
from crmcore.application.audit import audit_store
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.model.image import CrmImage
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
_LATE = "assert not [name for name in sys.modules if name.startswith('crmcore.testing.strategies')]"


@pytest.mark.parametrize(
    "imports",
    [
        f"import crmcore.testing\n{_HYPOTHESIS}",
        f"{_HYPOTHESIS}\nimport crmcore.testing",
        f"{_HYPOTHESIS}\nfrom crmcore.domain.model.lead import Lead\nfrom crmcore.testing import TestCrm",
        f"from crmcore import Lead\n{_HYPOTHESIS}",
        f"import crmcore.adapters.memory\n{_HYPOTHESIS}",
    ],
    ids=[
        "kit first",
        "hypothesis first",
        "a module of crmcore in between",
        "crmcore first, no kit",
        "an adapter, no kit",
    ],
)
def test_the_strategies_are_known_and_not_loaded_before_the_first_draw(host: Host, imports: str) -> None:
    """The import of the kit is enough in any order; without it crmcore has to come before hypothesis."""
    run = host.python("-W", "error", "-c", f"import sys\n{imports}\n{_LATE}\nfrom crmcore import Lead\n{_DRAW}\n")
    assert run.returncode == 0, run.stderr


def test_the_strategies_by_name_bring_those_by_type(host: Host) -> None:
    """Also where hypothesis was told to load no plugin."""
    code = (
        f"import os, sys\nos.environ['HYPOTHESIS_NO_PLUGINS'] = '1'\n{_HYPOTHESIS}\nimport crmcore.testing.strategies"
    )
    run = host.python("-W", "error", "-c", f"{code}\nfrom crmcore import Lead\n{_DRAW}\n")
    assert run.returncode == 0, run.stderr


def test_hypothesis_alone_loads_nothing_of_the_package(host: Host) -> None:
    """A program that has crmcore installed and does not use it pays next to nothing."""
    code = "import sys, hypothesis; assert 'crmcore_hypothesis' in sys.modules; assert 'crmcore' not in sys.modules"
    run = host.python("-c", code)
    assert run.returncode == 0, run.stderr


def test_no_import_hook_waits_for_the_package(host: Host) -> None:
    """A program that has hypothesis and crmcore finds its modules as it does without them."""
    host.write(
        {
            "trace.py": """
                import importlib, sys
                import importlib.resources  # brings its own

                before = list(sys.meta_path)
                import hypothesis
                import crmcore.testing
                from hypothesis import strategies as st
                assert sys.meta_path == before
                assert type(crmcore.__loader__) is type(crmcore.application.crm.__loader__)
                assert "leads" in repr(st.from_type(crmcore.Lead))
                importlib.reload(crmcore.testing)
                """
        }
    )
    run = host.python("trace.py")
    assert run.returncode == 0, run.stderr


def test_loading_it_loads_no_other_module(host: Host) -> None:
    """The plugin of hypothesis brings itself and nothing else: neither the package nor anything of the library's."""
    code = """
import __future__, collections.abc, importlib, sys, typing
before = set(sys.modules)
import crmcore_hypothesis
print(*sorted(sys.modules.keys() - before))
"""
    run = host.python("-c", code)
    assert (run.returncode, run.stdout.split()) == (0, ["crmcore_hypothesis"]), run.stderr


def test_every_strategy_is_registered_and_every_command_has_one() -> None:
    """The list that is loaded early and the strategies that are loaded late name the same types."""
    assert set(crmcore_hypothesis._types()) == set(BY_TYPE)
    assert {kind.__name__ for kind in set(HANDLERS) - set(BY_TYPE)} == {"SetAside"}


@pytest.mark.parametrize("kind", BY_TYPE, ids=[kind.__name__ for kind in BY_TYPE])
def test_each_type_is_drawn_valid(kind: type) -> None:
    """What is drawn is of the type, and was made by its own constructor."""

    @settings(max_examples=50, database=None)
    @given(st.from_type(kind))
    def draws(value: object) -> None:
        assert type(value) is kind

    draws()


@settings(max_examples=50)
@given(...)
def test_a_signature_is_enough(image: CrmImage) -> None:
    """Hypothesis reads the annotations; a whole CRM keeps every law."""
    assert list(audit_store(TestCrm.of(image).store)) == []
