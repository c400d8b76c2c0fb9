"""The sample that ships with the package: made-up leads in the layout of the product's export, and their activities.

`tools/make_sample.py` makes both files from a fixed seed.
"""

from importlib.resources import files
from pathlib import Path

__all__ = ["activities_file", "leads_file"]


def leads_file() -> Path:
    """The file of leads."""
    return _file("leads.csv")


def activities_file() -> Path:
    """The file of activities of these leads."""
    return _file("activities.csv")


def _file(name: str) -> Path:
    return Path(str(files(__name__).joinpath(name)))
