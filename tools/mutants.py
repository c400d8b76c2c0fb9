"""The mutants of a module: what mutmut's operators make of its functions, and how one takes a function's place.

mutmut keeps all mutants of a copied tree behind a switch in each function. Here a mutant replaces the code of the
function itself, in a process of its own: nothing is copied, and whoever holds the function runs the mutant.
"""

import __future__

import difflib
import hashlib
import importlib
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # loaded where mutants are made: every test process would spend half a second on it
    import libcst as cst

__all__ = ["Mutant", "module_of", "mutants_of", "plant"]

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"


@dataclass(frozen=True, eq=False)
class Mutant:
    """One small change of one function."""

    #: As mutmut names it: the module, the function, a number.
    name: str
    path: Path
    #: The class that holds the function, or None.
    owner: str | None
    #: The lines of the statement that is changed: the tests that come here are those that can tell.
    lines: range
    #: What the function is made of, so that an answer of another day is believed for the same code only.
    digest: str
    tree: "cst.Module"
    original: "cst.FunctionDef"
    node: "cst.CSTNode"
    instead: "cst.CSTNode"

    @property
    def module(self) -> str:
        """The module's name, as it is imported."""
        return module_of(self.path)

    @property
    def source(self) -> str:
        """The changed function."""
        return self.tree.code_for_node(_changed(self, self.original))

    @property
    def module_source(self) -> str:
        """The whole module with the changed function."""
        return self.tree.code_for_node(_changed(self, self.tree))

    @property
    def change(self) -> str:
        """The line that the change puts in, or the one that it takes away."""
        before, after = self.tree.code_for_node(self.original).splitlines(), self.source.splitlines()
        lines = list(difflib.unified_diff(before, after, n=0, lineterm=""))[3:]
        put, taken = (" ".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "+-")
        return put or f"without {taken}"


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Make every mutant of the functions of one file, in mutmut's order."""
    from libcst.metadata import MetadataWrapper, PositionProvider
    from mutmut.mutation.file_mutation import create_mutations
    from mutmut.mutation.trampoline_templates import mangle_function_name

    tree, mutations, _, _ = create_mutations(str(path), path.read_text(encoding="utf-8"), None, None)
    positions = MetadataWrapper(tree, unsafe_skip_copy=True).resolve(PositionProvider)
    owners = _owners(tree)
    numbers: Counter[cst.FunctionDef] = Counter()
    digests: dict[cst.FunctionDef, str] = {}
    lines: dict[cst.CSTNode, range] = {}
    for each in mutations:
        top = each.contained_by_top_level_function
        if top is None or top not in owners:
            continue
        if top not in digests:
            digests[top] = hashlib.sha256(tree.code_for_node(top).encode()).hexdigest()[:12]
            _note_lines(top, positions, range(0), lines)
        numbers[top] += 1
        name = f"{mangle_function_name(name=top.name.value, class_name=owners[top])}__mutmut_{numbers[top]}"
        span = lines[each.original_node]
        if span == lines[top]:
            # A default is made when the function is defined: whoever calls the function can tell.
            span = range(span.start, positions[top].end.line + 1)
        full = f"{module_of(path)}.{name}"
        yield Mutant(full, path, owners[top], span, digests[top], tree, top, each.original_node, each.mutated_node)


def plant(mutant: Mutant) -> None:
    """Put the mutant in the place of the function, in this process."""
    module = importlib.import_module(mutant.module)
    made: dict[str, Any] = dict(vars(module))
    text = mutant.source
    if mutant.owner:
        text = f"class {mutant.owner}:\n" + textwrap.indent(text, "    ")
    flags = __future__.annotations.compiler_flag
    exec(compile(text, str(mutant.path), "exec", flags=flags, dont_inherit=True), made)  # noqa: S102
    old, new = (_function(home, mutant) for home in (vars(module), made))
    old.__code__, old.__defaults__, old.__kwdefaults__ = new.__code__, new.__defaults__, new.__kwdefaults__


def _function(home: Mapping[str, Any], mutant: Mutant) -> FunctionType:
    name = mutant.original.name.value
    found = vars(home[mutant.owner])[name] if mutant.owner else home[name]
    found = getattr(found, "__func__", found)
    assert isinstance(found, FunctionType), f"{mutant.name} is no plain function"
    return found


def module_of(path: Path) -> str:
    """The name under which a file of the package is imported."""
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


def _owners(module: "cst.Module") -> dict["cst.FunctionDef", str | None]:
    """Each function of the module and each method, with its class."""
    import libcst as cst

    found: dict[cst.FunctionDef, str | None] = {}
    for statement in module.body:
        if isinstance(statement, cst.FunctionDef):
            found[statement] = None
        elif isinstance(statement, cst.ClassDef):
            methods = (each for each in statement.body.body if isinstance(each, cst.FunctionDef))
            found |= dict.fromkeys(methods, statement.name.value)
    return found


def _note_lines(
    node: "cst.CSTNode", positions: Mapping[Any, Any], lines: range, into: dict["cst.CSTNode", range]
) -> None:
    """Note for each node the lines of the innermost statement around it; those of a block end where its body begins."""
    import libcst as cst

    if isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
        start, end = positions[node].start.line, positions[node].end.line
        inner = node.cases if isinstance(node, cst.Match) else getattr(getattr(node, "body", None), "body", ())
        if isinstance(node, cst.BaseCompoundStatement) and inner:
            end = max(start, positions[inner[0]].start.line - 1)
        lines = range(start, end + 1)
    into[node] = lines
    for child in node.children:
        _note_lines(child, positions, lines, into)


def _changed(mutant: Mutant, tree: "cst.CSTNode") -> "cst.CSTNode":
    import libcst as cst
    from mutmut.mutation.file_mutation import deep_replace

    changed = deep_replace(tree, mutant.node, mutant.instead)
    assert isinstance(changed, cst.CSTNode)
    return changed
