"""A rule that cannot be traced is said, with the place: each edit here turns the check red."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tools.generated import problems
from tools.rules import rules_of, statements_of
from tools.trace import problems_of, trace_of

README = "| statement | says | kind |\n|---|---|---|\n| S1 | Two modes | rule |\n| S2 | Advice | advice |\n"
RULES = r"""# Modes

- **MODE-1** [S1, D-1] There are two.
  Reason: so it is.
- **MODE-2** [decision] A new one is Simple.
  Reason: it has no leads.
- **MODE-3** [retired] Nothing any more.
- **MODE-4** [decision]
  - **MODE-4.1** It opens.
  - **MODE-4.2** It closes.
  - Reason: doors do.

| rule | door |
|---|---|
| **MODE-4.3** | has a key |

- **MODE-5** [decision]
  - Note: each row of the table is one of its rules, with its reason.

| rule | floor | reason |
|---|---|---|
| **MODE-5.1** | one | `a\|b` walks |
| **MODE-5.2** | two | stairs |
"""
DECISIONS = "- **D-1** (MODE-1) They are called so.\n  Reason: they are.\n"
TESTS = """
import pytest


def holds(value):
    assert value


@pytest.mark.rule("MODE-1")
def test_one():
    assert MODES == 2


@pytest.mark.rule("MODE-2")
class TestTwo:
    def test_raises(self):
        with pytest.raises(ValueError):
            build()

    def test_calls(self):
        holds(build())


@pytest.mark.rule("MODE-4.1", "MODE-4.3")
def test_opens():
    assert DOORS


@pytest.mark.rule("MODE-4", "MODE-4.2")
def test_closes():
    assert DOORS


@pytest.mark.rule("MODE-5.1", "MODE-5.2")
def test_floors():
    assert FLOORS
"""
FILES = {
    "docs/spec/README.md": README,
    "docs/spec/modes.md": RULES,
    "docs/spec/decisions.md": DECISIONS,
    "docs/spec/source.toml": '[exceptions]\nS2 = "Advice."\n',
    "tests/test_modes.py": TESTS,
}
LAWS, REASONS = {"two_modes": "MODE-1"}, {"no_mode": "MODE-2"}


@pytest.fixture
def edit(tmp_path: Path) -> Callable[[str, str, str], list[str]]:
    """Writes the small repository with one edit, and gives what the check says of it."""

    def edited(file: str = "", old: str = "", new: str = "") -> list[str]:
        for name, text in FILES.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            assert name != file or old in text
            path.write_text(text.replace(old, new) if name == file else text, encoding="utf-8")
        return problems_of(tmp_path, LAWS, REASONS)

    return edited


SPEC, ALL = "docs/spec/", "tests/test_modes.py"
ONE = f"{ALL}::test_one"
EMPTY = "checks nothing: no assert, no raises, no call of a helper that checks"
EDITS = {
    "an unknown rule in a mark": (
        ALL,
        '"MODE-2"',
        '"MODE-2", "MODE-9"',
        f"{ALL}::TestTwo: docs/spec has no rule MODE-9",
    ),
    "a retired rule in a mark": (
        ALL,
        '"MODE-2"',
        '"MODE-2", "MODE-3"',
        f"{ALL}::TestTwo: docs/spec has no rule MODE-3",
    ),
    "a source that is not there": (
        f"{SPEC}modes.md",
        "[S1, D-1]",
        "[S1, S99, D-1]",
        "docs/spec/modes.md: MODE-1 cites S99, which does not exist",
    ),
    "no source": (f"{SPEC}modes.md", "[decision] ", "", "docs/spec/modes.md: MODE-2 has no source"),
    "one id for two rules": (f"{SPEC}modes.md", "MODE-2", "MODE-1", "docs/spec: the id MODE-1 is given 2 times"),
    "a statement without a rule": (
        f"{SPEC}modes.md",
        "[S1, D-1]",
        "[decision, D-1]",
        "docs/spec/README.md: S1 is neither cited by a rule nor excused in source.toml",
    ),
    "a statement that only a retired rule has": (
        f"{SPEC}modes.md",
        "[S1, D-1] There are two.\n",
        "[retired, S1, D-1]\n",
        "docs/spec/README.md: S1 is neither cited by a rule nor excused in source.toml",
    ),
    "an excuse without a reason": (
        f"{SPEC}source.toml",
        "Advice.",
        " ",
        "docs/spec/README.md: S2 is neither cited by a rule nor excused in source.toml",
    ),
    "a statement that was deleted": (
        f"{SPEC}README.md",
        "| S1 | Two modes | rule |\n",
        "",
        "docs/spec/README.md: S1 is missing before S2",
    ),
    "an excuse of nothing": (
        f"{SPEC}README.md",
        "| S2 | Advice | advice |\n",
        "",
        "docs/spec/source.toml: S2 is excused and does not exist",
    ),
    "an excuse of what a rule cites": (
        f"{SPEC}source.toml",
        "S2 =",
        'S1 = "Known."\nS2 =',
        "docs/spec/source.toml: S1 is excused, and a rule cites it",
    ),
    "a decision that was deleted": (
        f"{SPEC}decisions.md",
        DECISIONS,
        "",
        "docs/spec/modes.md: D-1 does not exist",
    ),
    "a decision without a reason": (
        f"{SPEC}decisions.md",
        "\n  Reason: they are.",
        "",
        "docs/spec/decisions.md: D-1 has no reason",
    ),
    "a decision that is given twice": (
        f"{SPEC}decisions.md",
        DECISIONS,
        DECISIONS + DECISIONS,
        "docs/spec/decisions.md: the id D-1 is given 2 times",
    ),
    "a rule of ours without a reason": (
        f"{SPEC}modes.md",
        "  Reason: it has no leads.\n",
        "",
        "docs/spec/modes.md: MODE-2 is a decision without a reason",
    ),
    "a row of ours without a reason": (
        f"{SPEC}modes.md",
        "| two | stairs |",
        "| two |",
        "docs/spec/modes.md: MODE-5 is a decision without a reason",
    ),
    "a decision that no rule names": (
        f"{SPEC}modes.md",
        ", D-1",
        "",
        "docs/spec/decisions.md: D-1 belongs to MODE-1, which does not name it",
    ),
    "a decision of another rule": (
        f"{SPEC}modes.md",
        "[decision]",
        "[decision, D-1]",
        "docs/spec: MODE-2 names D-1, which does not belong to it",
    ),
    "a law without a rule": (
        f"{SPEC}modes.md",
        "**MODE-1**",
        "**MODE-4**",
        "law two_modes: docs/spec has no rule MODE-1",
    ),
    "a refusal without a rule": (
        f"{SPEC}modes.md",
        "**MODE-2**",
        "**MODE-4**",
        "refusal no_mode: docs/spec has no rule MODE-2",
    ),
    "a rule without a test": (ALL, '("MODE-1")', '("MODE-2")', "docs/spec/modes.md: no test is evidence for MODE-1"),
    "a test that was deleted": (
        ALL,
        '@pytest.mark.rule("MODE-1")\ndef test_one():\n    assert MODES == 2\n',
        "",
        "docs/spec/modes.md: no test is evidence for MODE-1",
    ),
    "a test that names six rules": (
        ALL,
        '("MODE-1")',
        '("MODE-1", "A1-1", "AA-2", "AA-3", "AA-4", "AA-5", "AA-6")',
        "docs/spec/modes.md: no test is evidence for MODE-1",
    ),
    "a sub-rule without a test": (
        ALL,
        '"MODE-4", "MODE-4.2"',
        '"MODE-4"',
        "docs/spec/modes.md: no test is evidence for MODE-4.2",
    ),
    "a row of a table without a test": (
        ALL,
        ', "MODE-4.3"',
        "",
        "docs/spec/modes.md: no test is evidence for MODE-4.3",
    ),
    "an unknown sub-rule in a mark": (
        ALL,
        '"MODE-4.1"',
        '"MODE-4.9"',
        f"{ALL}::test_opens: docs/spec has no rule MODE-4.9",
    ),
    "a sub-rule that was deleted": (
        f"{SPEC}modes.md",
        "  - **MODE-4.1** It opens.\n",
        "",
        "docs/spec/modes.md: MODE-4.1 is missing before MODE-4.2; a retired id stays, [retired]",
    ),
    "a retired sub-rule in a mark": (
        f"{SPEC}modes.md",
        "**MODE-4.1** It",
        "**MODE-4.1** [retired] It",
        f"{ALL}::test_opens: docs/spec has no rule MODE-4.1",
    ),
    "a rule with sub-rules and a text": (
        f"{SPEC}modes.md",
        "**MODE-4** [decision]",
        "**MODE-4** [decision] It is a door.",
        "docs/spec/modes.md: MODE-4 has sub-rules and a text of its own",
    ),
    "a sub-rule that says nothing": (
        f"{SPEC}modes.md",
        "**MODE-4.2** It closes.",
        "**MODE-4.2**",
        "docs/spec/modes.md: MODE-4.2 says nothing",
    ),
    "a rule that says nothing": (
        f"{SPEC}modes.md",
        "[decision] A new one is Simple.\n",
        "[decision]\n",
        "docs/spec/modes.md: MODE-2 says nothing",
    ),
    "a rule that was deleted": (
        f"{SPEC}modes.md",
        "- **MODE-3** [retired] Nothing any more.\n",
        "",
        "docs/spec: MODE-3 is missing; a retired id stays, [retired]",
    ),
    "a statement that only a sub-rule cites, and that is not there": (
        f"{SPEC}modes.md",
        "**MODE-4.2** It",
        "**MODE-4.2** [S98] It",
        "docs/spec/modes.md: MODE-4 cites S98, which does not exist",
    ),
    "a test that was emptied": (
        ALL,
        "    assert MODES == 2\n",
        "    ...\n",
        f"{ONE}: {EMPTY}",
    ),
    "a test that only builds": (
        ALL,
        "    assert MODES == 2\n",
        "    build()\n",
        f"{ONE}: {EMPTY}",
    ),
    "a test of a constant": (
        ALL,
        "    assert MODES == 2\n",
        "    assert 1 == 1\n",
        f"{ONE}: {EMPTY}",
    ),
    "a helper that checks no more": (
        ALL,
        "    assert value\n",
        "    value\n",
        f"{ALL}::TestTwo::test_calls: {EMPTY}",
    ),
    "a test that is skipped": (ALL, "def test_one", "@pytest.mark.skip\ndef test_one", f"{ONE}: is skipped always"),
    "a class that is skipped": (
        ALL,
        "class TestTwo",
        '@pytest.mark.skip("why")\nclass TestTwo',
        f"{ALL}::TestTwo::test_calls: is skipped always",
    ),
    "a test that skips itself": (
        ALL,
        "    assert MODES",
        "    pytest.skip()\n    assert MODES",
        f"{ONE}: is skipped always",
    ),
    "a module that is skipped": (
        ALL,
        "import pytest\n",
        "import pytest\n\npytestmark = [pytest.mark.skip]\n",
        f"{ONE}: is skipped always",
    ),
    "a condition that always holds": (
        ALL,
        "def test_one",
        '@pytest.mark.skipif(True, reason="x")\ndef test_one',
        f"{ONE}: is skipped always",
    ),
    "a condition that asks for nothing": (
        ALL,
        "def test_one",
        '@pytest.mark.skipif("1 == 1", reason="x")\ndef test_one',
        f"{ONE}: is skipped always",
    ),
    "a test with no row": (
        ALL,
        "def test_one",
        '@pytest.mark.parametrize("row", [])\ndef test_one',
        f"{ONE}: is run with no row",
    ),
    "a class that is not collected": (
        ALL,
        "class TestTwo:",
        "class TestTwo:\n    __test__ = False",
        f"{ALL}::TestTwo::test_calls: is not collected",
    ),
    "a test that is expected to fail": (
        ALL,
        "def test_one",
        "@pytest.mark.xfail\ndef test_one",
        f"{ONE}: is expected to fail",
    ),
}


@pytest.mark.parametrize("file, old, new, said", EDITS.values(), ids=EDITS)
def test_an_edit_that_unties_a_rule_is_said(
    edit: Callable[[str, str, str], list[str]], file: str, old: str, new: str, said: str
) -> None:
    """With the place, so that somebody can go there."""
    assert edit("", "", "") == []
    assert said in edit(file, old, new)


def test_a_test_of_six_rules_supports_them(edit: Callable[[str, str, str], list[str]], tmp_path: Path) -> None:
    """It is listed in the trace, and proves none of them."""
    edit(ALL, '("MODE-1")', '("MODE-1", "MODE-2", "AA-3", "AA-4", "AA-5", "AA-6")')
    assert trace_of(tmp_path)["MODE-2"] == {ONE: False, f"{ALL}::TestTwo": True}


@pytest.mark.slow
def test_every_rule_of_this_repository_is_traced() -> None:
    """From the statements of the article to tests that check something."""
    assert problems() == []
    pages = Path(__file__).resolve().parents[3] / "docs" / "spec"
    assert len(statements_of(pages)) == 23
    assert len({rule.id for rule in rules_of(pages)}) == len(rules_of(pages)) > 55
