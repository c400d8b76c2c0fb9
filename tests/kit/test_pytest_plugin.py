"""The pytest plugin, as a host has it that installs the wheel and imports nothing."""

import importlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest

from crmcore.adapters.clocks import FixedClock
from crmcore.domain.model.image import CrmImage
from crmcore.domain.rules.mode import CrmState
from crmcore.ports.store import Store
from crmcore.testing import TestCrm
from tests.kit.conftest import Host

pytest_plugins = ["pytester"]


@pytest.fixture
def here(pytester: pytest.Pytester) -> pytest.Pytester:
    """A host product in the process of its test, as strict as `host`, which has an interpreter of its own."""
    pytester.makeini("[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n")
    return pytester


class TestFixtures:
    def test_classic_and_simple_are_there(self, crmcore_classic: TestCrm, crmcore_simple: TestCrm) -> None:
        """They are what `TestCrm.classic()` and `TestCrm.simple()` give."""
        assert crmcore_classic.crm.mode() is CrmState.CLASSIC
        assert crmcore_simple.crm.mode() is CrmState.SIMPLE
        assert not crmcore_classic.image().leads

    def test_they_share_the_clock(self, crmcore_clock: FixedClock, crmcore_classic: TestCrm) -> None:
        """So a test moves time wherever it has the clock from."""
        assert crmcore_classic.clock is crmcore_clock
        crmcore_clock.move(timedelta(days=1))
        assert crmcore_classic.lead().created_at == crmcore_clock.now()

    def test_a_store_is_made_for_each_test(self, crmcore_make_store: Callable[[CrmImage], Store]) -> None:
        """Without a store of the host it is the one in memory."""
        one, other = crmcore_make_store(CrmImage()), crmcore_make_store(CrmImage())
        assert one is not other

    def test_a_host_puts_its_own_store_under_them(self, here: pytest.Pytester) -> None:
        """One fixture of the host is enough."""
        here.makepyfile(
            conftest="""
                    import pytest
                    from crmcore.adapters.memory import InMemoryStore

                    class Ours(InMemoryStore):
                        pass

                    @pytest.fixture
                    def crmcore_make_store():
                        return Ours
                    """,
            test_ours="""
                    def test_both(crmcore_classic, crmcore_simple):
                        assert type(crmcore_classic.store).__name__ == type(crmcore_simple.store).__name__ == "Ours"
                    """,
        )
        run = here.runpytest_inprocess("-q")
        assert run.ret == 0, run.stdout.str()

    def test_the_laws_are_checked_after_the_test(self, here: pytest.Pytester) -> None:
        """A test that leaves a broken CRM behind is reported, with the rule."""
        here.makepyfile(
            test_damage="""
                    def test_damage(crmcore_classic):
                        lead = crmcore_classic.lead()
                        crmcore_classic.as_administrator.convert_lead(lead.id)
                        crmcore_classic.store._state.tables["deal"].clear()
                    """
        )
        run = here.runpytest_inprocess("-q")
        assert run.ret == 1
        assert re.search(
            r"ContractBroken: SWITCH-1.*does not hold: every_active_lead_converts_exactly_once", run.stdout.str()
        )


class TestTheWheel:
    def test_both_plugins_are_in_it(self, wheel: Path) -> None:
        """They stand beside the package, and the entry points name them."""
        with ZipFile(wheel) as archive:
            names = archive.namelist()
            (listed,) = [name for name in names if name.endswith("entry_points.txt")]
            points = archive.read(listed).decode()
        assert {"crmcore_pytest.py", "crmcore_hypothesis.py", "crmcore/py.typed"} <= set(names)
        assert "crmcore = crmcore_pytest\n" in points
        assert "crmcore = crmcore_hypothesis:setup\n" in points


class TestWhatItCosts:
    def test_loading_it_loads_no_other_module(self, host: Host) -> None:
        """Beside what pytest has loaded already it brings itself alone."""
        code = """
import sys, pytest
before = set(sys.modules)
import crmcore_pytest
print(*sorted(sys.modules.keys() - before))
"""
        run = host.python("-c", code)
        assert (run.returncode, run.stdout.split()) == (0, ["crmcore_pytest"]), run.stderr

    def test_a_run_that_needs_nothing_of_it_loads_nothing_of_the_package(self, host: Host) -> None:
        """Neither the plugin for pytest nor the one for hypothesis imports crmcore before a test does."""
        host.write(
            {
                "test_other.py": """
                    import sys
                    import hypothesis

                    def test_nothing():
                        assert "crmcore_pytest" in sys.modules and "crmcore_hypothesis" in sys.modules
                        assert not [name for name in sys.modules if name.split(".")[0] == "crmcore"]
                    """
            }
        )
        run = host.pytest()
        assert run.returncode == 0, run.stdout


class TestLeftOut:
    def test_without_the_plugin_the_rest_works(self, here: pytest.Pytester) -> None:
        """`-p no:crmcore` takes the fixtures away, and nothing else."""
        here.makepyfile(
            test_plain="""
                    from crmcore.testing import TestCrm

                    def test_plain():
                        with TestCrm.classic() as p:
                            assert p.lead().id == 1
                    """,
            test_fixture="def test_fixture(crmcore_classic): pass\n",
        )
        assert here.runpytest_inprocess("-q").ret == 0
        run = here.runpytest_inprocess("-q", "-p", "no:crmcore")
        assert "1 passed, 1 error" in run.stdout.str()
        assert "fixture 'crmcore_classic' not found" in run.stdout.str()


class TestTheMarker:
    def test_strict_markers_know_the_rules(self, host: Host) -> None:
        """The suites carry it, and a host may use it for its own tests."""
        host.write(
            {
                "test_marked.py": """
                    import pytest

                    @pytest.mark.rule("SWITCH-1")
                    def test_marked():
                        pass
                    """
            }
        )
        run = host.pytest()
        assert run.returncode == 0, run.stdout


class TestAssertions:
    @pytest.mark.parametrize("module", ["crmcore.testing.contracts.base", "crmcore.testing.machine.steps"])
    def test_the_suites_are_rewritten(self, module: str) -> None:
        """An assertion that fails in a suite says what it compared."""
        loader = importlib.import_module(module).__loader__
        assert type(loader).__name__ == "AssertionRewritingHook"

    def test_a_failure_in_a_suite_says_what_it_compared(self, here: pytest.Pytester) -> None:
        """Here with a store that keeps nothing of a commit."""
        here.makepyfile(
            test_forgetful="""
                    from crmcore.adapters.memory import InMemoryStore
                    from crmcore.testing import StoreContract

                    class Forgetful(InMemoryStore):
                        def reserve(self, kind, count):
                            return range(1, count + 1)

                    class TestForgetful(StoreContract):
                        def make_store(self, seed):
                            return Forgetful(seed)
                    """
        )
        run = here.runpytest_inprocess("-q", "-p", "no:randomly", "-k", "above_those_that_were_loaded")
        assert run.ret == 1
        assert re.search(r"^E +(\+  where|assert .+ (==|in|<|>) )", run.stdout.str(), re.MULTILINE), run.stdout.str()


class TestCoverage:
    """What is measured of a host and of crmcore is the same with the plugin and without it."""

    #: Begins to measure when the command line was read, as pytest-cov does: the installed plugins are loaded by then.
    MEASURING = """
        import json

        import coverage
        import pytest

        measured = coverage.Coverage(
            branch=True, source=["shop", "crmcore.domain"], data_file=None, config_file=False
        )

        @pytest.hookimpl(wrapper=True)
        def pytest_load_initial_conftests():
            measured.start()
            return (yield)

        def pytest_unconfigure():
            measured.stop()
            data = measured.get_data()
            steps = {file: sorted(data.arcs(file)) for file in data.measured_files()}
            with open("measured.json", "w", encoding="utf-8") as report:
                json.dump([steps, measured.analysis2("shop.py")[3]], report)
        """

    def measure(self, host: Host, *arguments: str) -> tuple[dict[str, list[list[int]]], list[int]]:
        """By file the steps from one line to the next, and the lines of the product that were missed."""
        run = host.pytest("-p", "measuring", *arguments)
        assert run.returncode == 0, run.stdout + run.stderr
        steps, missed = json.loads((host.folder / "measured.json").read_text(encoding="utf-8"))
        return steps, missed

    def test_it_is_the_same_with_and_without_the_plugin(self, host: Host) -> None:
        """Line by line and branch by branch, in the product and in the domain."""
        host.write(
            {
                "measuring.py": self.MEASURING,
                "shop.py": """
                    from crmcore import Refused

                    def title_of(crm, actor, lead_id):
                        found = crm.lead(actor, lead_id)
                        if isinstance(found, Refused):
                            return None
                        return found.record.title
                    """,
                "test_shop.py": """
                    import shop
                    from crmcore.testing import TestCrm

                    def test_title():
                        with TestCrm.classic() as p:
                            assert shop.title_of(p.crm, p.manager, p.lead(title="x").id) == "x"
                            p.as_administrator.switch_to_simple(key="k")
                    """,
            }
        )
        installed = self.measure(host)
        left_out = self.measure(host, "-p", "no:crmcore")
        assert installed == left_out

        steps, missed = installed
        assert missed == [7]
        (lead,) = [each for name, each in steps.items() if Path(name).parts[-3:] == ("domain", "model", "lead.py")]
        assert 3 in {line for step in lead for line in step}  # the first import, at the head of the module
