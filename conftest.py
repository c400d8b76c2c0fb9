"""Examples in the documents and doctests in the source run as tests."""

from doctest import ELLIPSIS
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.document import PythonDocStringDocument
from sybil.parsers import markdown, rest

_documents = Sybil(
    parsers=[markdown.PythonCodeBlockParser(doctest_optionflags=ELLIPSIS), markdown.SkipParser()],
    # `Path.match`, which sybil asks, takes `**` for one folder: each depth is its own pattern.
    patterns=["README.md", "docs/*.md", "docs/*/*.md"],
)
_docstrings = Sybil(
    parsers=[rest.DocTestParser(optionflags=ELLIPSIS), rest.SkipParser()],
    path="src/crmcore",
    patterns=["*.py"],
    document_types={".py": PythonDocStringDocument},
)

# Sybil's hooks answer for the files of their own patterns only.
_hooks = (_documents.pytest(), _docstrings.pytest())


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a document or a module whose examples run; one without a prompt has none, and is not parsed."""
    if file_path.suffix == ".py" and ">>>" not in file_path.read_text(encoding="utf-8"):
        return None
    found = (hook(file_path, parent) for hook in _hooks)
    return next((collector for collector in found if collector is not None), None)
