"""Adapters to the outside world: stores, role tables, clocks, files, the command line.

An adapter that needs more than `attrs` comes as an extra, and its error names the extra if it is missing.
"""

from crmcore.domain.model.errors import CrmError

__all__ = ["MissingExtra", "missing_extra"]


class MissingExtra(CrmError, ImportError):
    """A package that an adapter needs is not installed; the error names the extra to install."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(package, extra)
        self.package = package
        self.extra = extra

    def __str__(self) -> str:
        return f"{self.package} is not installed; it comes with: pip install 'crmcore[{self.extra}]'"


def missing_extra(failed: ImportError, extra: str) -> MissingExtra:
    """The error to raise for an import that failed because an extra was not installed."""
    return MissingExtra((failed.name or extra).partition(".")[0], extra)
