"""The suite for every language: what each implementation of the rules must answer, as JSON, and what asks it.

docs/spec/vectors.md has the format. The files are in `data/` beside this module. `crmcore vectors` runs them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from crmcore.testing.vectors.canonical import canonical
from crmcore.testing.vectors.files import Vector, families, file_of, vectors
from crmcore.testing.vectors.needs import NEEDS
from crmcore.testing.vectors.programs import Program, ProgramFailed, running
from crmcore.testing.vectors.runner import Play, Report, Verdict, check_vectors, play_on, run_vectors
from crmcore.testing.vectors.schema import FORMAT, vectors_schema
from crmcore.testing.vectors.stores import stores_at

if TYPE_CHECKING:
    from crmcore.testing.vectors.contract import VectorContract

__all__ = [
    "FORMAT",
    "NEEDS",
    "Play",
    "Program",
    "ProgramFailed",
    "Report",
    "Vector",
    "VectorContract",
    "Verdict",
    "canonical",
    "check_vectors",
    "families",
    "file_of",
    "play_on",
    "run_vectors",
    "running",
    "stores_at",
    "vectors",
    "vectors_schema",
]


def __getattr__(name: str) -> Any:
    """Import what needs pytest."""
    if name != "VectorContract":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("crmcore.testing.vectors.contract").VectorContract
