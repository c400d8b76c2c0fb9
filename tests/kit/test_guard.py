"""The guard of the contract suites: what a host deletes, replaces or fails to collect is found."""

import textwrap

import pytest

from crmcore.testing.contracts import StoreContract
from crmcore.testing.contracts.base import laws_of

pytest_plugins = ["pytester"]  # in this process, since one of its own would take longer to start than the tests

_GUARD = "test_every_test_of_the_contract_is_there"


def _suite(body: str) -> str:
    """A host's test file with one suite."""
    return textwrap.dedent(
        """
            import pytest
            from crmcore.adapters.memory import InMemoryStore
            from crmcore.testing.contracts import StoreContract

            class TestMine(StoreContract):
                def make_store(self, seed):
                    return InMemoryStore(seed)

            """
    ) + textwrap.indent(textwrap.dedent(body), "    ")


def test_an_untouched_suite_passes(pytester: pytest.Pytester) -> None:
    """Six lines are enough for a host's suite, and all of it is run."""
    pytester.makepyfile(_suite(""))
    outcomes = pytester.runpytest_inprocess("-q").parseoutcomes()

    assert outcomes["passed"] > len(laws_of(StoreContract))
    assert "failed" not in outcomes


@pytest.mark.parametrize(
    "body",
    [
        "test_of_two_conversions_of_a_lead_one_wins_and_the_other_finds_it = None",
        "def test_a_switch_key_is_taken_once(self): pass",
        "@pytest.mark.skip(reason='later')\ndef test_a_switch_key_is_taken_once(self): pass",
        "@pytest.mark.xfail(strict=False)\ndef test_a_switch_key_is_taken_once(self): assert False",
    ],
    ids=["deleted", "replaced", "skipped", "expected to fail without a reason"],
)
def test_a_test_that_was_taken_away_is_named(pytester: pytest.Pytester, body: str) -> None:
    """Deleting or replacing a contract test turns the suite red."""
    pytester.makepyfile(_suite(body))
    result = pytester.runpytest_inprocess("-q", "-k", _GUARD)

    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["*overridden without*", f"FAILED *{_GUARD}*"])


def test_a_test_that_is_expected_to_fail_with_a_reason_may_stay(pytester: pytest.Pytester) -> None:
    """A host may say that it does not keep one promise, and why."""
    pytester.makepyfile(
        _suite(
            """
            @pytest.mark.xfail(strict=True, reason="one process only; see our issue 12")
            def test_a_switch_key_is_taken_once(self, crmcore_scene):
                super().test_a_switch_key_is_taken_once(crmcore_scene)
                raise AssertionError
            """
        )
    )
    outcomes = pytester.runpytest_inprocess("-q", "-k", f"{_GUARD} or test_a_switch_key_is_taken_once").parseoutcomes()

    assert outcomes == {"passed": 1, "xfailed": 1, "deselected": outcomes["deselected"]}


def test_a_suite_that_collects_too_few_tests_fails(pytester: pytest.Pytester) -> None:
    """A pattern that drops some of the tests is no way around them."""
    pytester.makepyfile(_suite(""))
    pytester.makeini("[pytest]\npython_functions = test_every*")
    result = pytester.runpytest_inprocess("-q")

    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["*not collected: *test_of_two_conversions*"])


def test_a_run_that_was_narrowed_on_purpose_is_no_failure(pytester: pytest.Pytester) -> None:
    """Whoever asks for some tests gets them."""
    pytester.makepyfile(_suite(""))
    outcomes = pytester.runpytest_inprocess("-q", "-k", "there or ledger").parseoutcomes()

    assert "failed" not in outcomes
    assert outcomes["passed"] > 1


def test_the_guard_itself_cannot_be_replaced() -> None:
    """A class without the guard cannot be made."""
    with pytest.raises(TypeError, match="guards the others"):
        type("Mine", (StoreContract,), {_GUARD: None})


def test_a_failure_names_the_rule_and_says_what_is_wrong(pytester: pytest.Pytester) -> None:
    """What pytest shows of a failing test begins with the rules at stake and one sentence."""
    pytester.makepyfile(
        """
        from crmcore.adapters.memory import InMemoryStore
        from crmcore.testing.contracts import StoreContract

        class Forgetful(InMemoryStore):
            def commit(self, changes, confirm=None):
                super().commit(changes)

        class TestMine(StoreContract):
            def make_store(self, seed):
                return Forgetful(seed)
        """
    )
    result = pytester.runpytest_inprocess("-q", "-k", "a_no_to or question")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    lines = result.stdout.lines
    begins = [lines[at + 2] for at, line in enumerate(lines) if line.startswith("_") and " TestMine." in line]
    assert "    # PERM-2: `confirm` is asked once where nothing is stale, while nothing is written yet." in begins
    assert all(line.startswith("    # PERM-2") for line in begins)
    result.stdout.fnmatch_lines(["E       AssertionError: assert [[]] == [[]'asked'[]]"])


def test_a_failure_shows_both_values_of_a_field(pytester: pytest.Pytester) -> None:
    """The names of the fields that differ, what the store has, and what it was given."""
    pytester.makepyfile(
        """
        from attrs import evolve
        from crmcore.adapters.memory import InMemoryStore
        from crmcore.testing.contracts import StoreContract

        class Tidy(InMemoryStore):
            def commit(self, changes, confirm=None):
                leads = {id: evolve(lead, title="Tidy") if hasattr(lead, "title") else lead
                         for id, lead in changes.leads.items()}
                super().commit(evolve(changes, leads=leads), confirm)

        class TestMine(StoreContract):
            def make_store(self, seed):
                return Tidy(seed)
        """
    )
    result = pytester.runpytest_inprocess("-q", "--tb=line", "-k", "a_commit_keeps_every_field")

    result.stdout.fnmatch_lines(
        ["*DATA-1, IMPORT-1: Records that come through*", "*leads.Lead.title: 'Tidy' instead of '*'*"]
    )
