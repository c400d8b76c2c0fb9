"""The syntax of the repository's own files: what was parsed last is kept, and statements are walked alone.

Functions, classes, imports and asserts are statements. Nine nodes in ten are parts of expressions, which hold none.
"""

import ast
from collections.abc import Iterator
from functools import lru_cache

__all__ = ["parsed", "span", "statements"]

#: Where a node holds statements, or what holds some: handlers of a `try`, cases of a `match`.
_BLOCKS = ("body", "handlers", "cases", "orelse", "finalbody")


# To keep the trees of all files costs more than to parse them: the garbage collector goes through a million nodes.
@lru_cache(16)
def parsed(text: str) -> ast.Module:
    """The tree of a module, which nobody changes."""
    return ast.parse(text)


def span(node: ast.AST) -> tuple[int, int]:
    """The first line and the last of a statement, its decorators included."""
    marks = getattr(node, "decorator_list", [])
    start = min([getattr(node, "lineno", 1), *(mark.lineno for mark in marks)])
    return start, getattr(node, "end_lineno", start) or start


def statements(node: ast.AST) -> Iterator[ast.stmt]:
    """Every statement below a node, in the order of the text."""
    for block in _BLOCKS:
        for each in getattr(node, block, ()):
            if isinstance(each, ast.stmt):
                yield each
            yield from statements(each)
