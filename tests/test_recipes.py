"""The recipes for contributors: what they name is there, and a store that was added stands where stores are listed."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from crmcore import Kind
from crmcore.ports import new_crm
from crmcore.testing import StoreContract

ROOT = Path(__file__).resolve().parent.parent
RECIPES = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("CONTRIBUTING.md", "docs/recipes.md")}
PROJECT: Mapping[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ADAPTERS = ROOT / "src" / "crmcore" / "adapters"

#: The kinds of change that have a recipe.
KINDS = (
    "A field carried from lead to deal",
    "A policy option",
    "A refusal",
    "A command",
    "A right",
    "A column of a view",
    "A language of CSV headings",
    "A language of the page",
    "A store",
)


def _rows() -> Iterator[tuple[str, str, str, str]]:
    """Each step: of which recipe, what, where, and what speaks when it was forgotten."""
    for recipe in re.split(r"^## ", RECIPES, flags=re.MULTILINE)[1:]:
        for line in recipe.splitlines():
            if re.match(r"\| \d+\. ", line):
                what, where, speaks = (cell.strip() for cell in line.strip("|").split(" | "))
                yield recipe.splitlines()[0], what, where, speaks


ROWS = list(_rows())
CHECKS = sorted({name for *_, speaks in ROWS for name in re.findall(r"`([^`]+\.py[^`]*)`", speaks)})
TARGETS = sorted({name for text in PAGES.values() for name in re.findall(r"`make ([a-z-]+)`", text)})
PLACES = sorted({name for _, _, where, _ in ROWS for name in re.findall(r"`((?:src|tests|docs|tools)/[^`<]*)`", where)})


def _defined(tree: ast.Module | ast.ClassDef) -> dict[str, ast.ClassDef | None]:
    """The names of classes and functions, and each class to look further in."""
    return {
        node.name: node if isinstance(node, ast.ClassDef) else None
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }


class TestNames:
    """A newcomer who follows a recipe finds what it names."""

    def test_each_kind_of_change_has_its_steps(self) -> None:
        """In one table each, numbered from one."""
        for kind in KINDS:
            steps = [what for of, what, *_ in ROWS if of == kind]
            assert [step.split(".")[0] for step in steps] == [str(number + 1) for number in range(len(steps))] != []
        assert {of for of, *_ in ROWS} == set(KINDS)

    def test_each_step_has_a_check(self) -> None:
        """A step that nothing asks for is forgotten."""
        assert [
            what for _, what, _, speaks in ROWS if not re.search(r"`(?:make [a-z-]+|[^`]+\.py[^`]*)`", speaks)
        ] == []

    @pytest.mark.parametrize("name", CHECKS)
    def test_each_check_is_there(self, name: str) -> None:
        """The file, and the test in it."""
        file, *names = name.split("::")
        inner: ast.Module | ast.ClassDef | None = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        for each in names:
            assert inner is not None
            assert each in _defined(inner), each
            inner = _defined(inner)[each]

    @pytest.mark.parametrize("name", TARGETS)
    def test_each_target_is_there(self, name: str) -> None:
        """In the Makefile, by its name or by the pattern for every interpreter."""
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert name.removeprefix("each-") in targets

    @pytest.mark.parametrize("name", PLACES)
    def test_each_place_is_there(self, name: str) -> None:
        """A file that was moved takes its recipe along."""
        assert (ROOT / name).exists()


def test_the_store_of_the_recipe_fails_where_the_recipe_says() -> None:
    """It can be made and asked, and the contract finds what is not there yet."""
    (code,) = re.findall(r"^```python\n(.*?)^```", RECIPES, re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102  # the page's own example
    suite: StoreContract = names["TestMyStore"]()
    with pytest.raises(AssertionError):
        suite.test_a_query_is_answered_as_the_reference_answers_it("nothing", names["MyStore"])
    assert "The parts of the snapshot are the same" in (
        StoreContract.test_a_query_is_answered_as_the_reference_answers_it.__doc__ or ""
    )
    store = names["MyStore"](new_crm())
    assert [entry.id for entry in store.page(Kind.PIPELINE)] == [0]
    assert [*store.reserve(Kind.LEAD, 2), *store.reserve(Kind.LEAD, 1)] == [1, 2, 3]


def _stores() -> dict[str, Path]:
    """The classes among the adapters that have the four methods of a store, with the file of each."""
    methods = {"snapshot", "commit", "reserve", "page"}
    return {
        node.name: path
        for path in ADAPTERS.rglob("*.py")
        if "def reserve(" in (text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef) and methods <= _defined(node).keys()
    }


STORES = _stores()


@cache
def _drivers() -> set[str]:
    """What the adapters import that is neither of Python nor of the core."""
    found = set()
    for path in ADAPTERS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Import():
                    found |= {alias.name.partition(".")[0] for alias in node.names}
                case ast.ImportFrom(module=str(module), level=0):
                    found.add(module.partition(".")[0])
    return found - sys.stdlib_module_names - {"crmcore", "attrs"}


class TestStores:
    """A store that was added is a store for the tests, the type checker and the user."""

    def test_there_are_some(self) -> None:
        """Or nothing below would look at anything."""
        assert {"InMemoryStore", "SqlStore"} <= STORES.keys()
        assert {"sqlalchemy", "psycopg"} <= _drivers()

    @pytest.mark.parametrize("name", STORES)
    def test_each_is_held_to_the_contract(self, name: str) -> None:
        """A test file that names it, or the module that it is in, has a suite."""
        module = ".".join(STORES[name].relative_to(ROOT / "src").with_suffix("").parts[:3])
        texts = [path.read_text(encoding="utf-8") for folder in ("contract", "sql") for path in _tests(folder)]
        suites = [text for text in texts if re.search(r"^class \w+\((?:\w+, )*StoreContract", text, re.MULTILINE)]
        assert any(re.search(rf"\b{name}\b|\b{re.escape(module)}\b", text) for text in suites), name

    @pytest.mark.parametrize("name", STORES)
    def test_each_is_assigned_to_its_port(self, name: str) -> None:
        """A method with another signature is an error before anything runs."""
        assert re.search(rf"\b{name}\b", (ROOT / "tests" / "typing" / "ports.py").read_text(encoding="utf-8"))

    def test_each_driver_is_an_extra_and_kept_out_of_the_core(self) -> None:
        """Whoever does not use the store does not install its driver, and no inner layer imports it."""
        extras = {
            re.split(r"[^\w-]", each)[0].lower()
            for group in PROJECT["project"]["optional-dependencies"].values()
            for each in group
        }
        contracts = PROJECT["tool"]["importlinter"]["contracts"]
        kept_out = {name for each in contracts for name in each.get("forbidden_modules", ())}
        packages = packages_distributions()
        for driver in sorted(_drivers()):
            brought_by = {each.lower() for each in packages.get(driver, [driver])}
            assert brought_by & extras, f"no extra brings {driver}"
            assert driver in kept_out, f"no contract keeps {driver} out of the core"

    @pytest.mark.parametrize("extra", PROJECT["project"]["optional-dependencies"])
    def test_each_extra_is_in_the_readme(self, extra: str) -> None:
        """What can be installed is said where people begin."""
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        assert f"`{extra}`" in readme.partition("## Extras")[2]


def _tests(folder: str) -> list[Path]:
    return sorted((ROOT / "tests" / folder).glob("test_*.py"))
