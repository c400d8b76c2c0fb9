"""The lowest versions that pyproject.toml allows, as constraints for pip: what is claimed is tried (`make lowest`)."""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["lowest_of"]

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
#: A name, extras and a lower bound; a requirement of another form has no lowest version.
_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?>=(?P<version>[0-9.]+)")


def lowest_of(project: Mapping[str, Any]) -> dict[str, str]:
    """The lowest version of each package that the dependencies, the extras and the group `dev` name.

    Raises `ValueError` for a requirement without a lower bound, and for a package with two of them.

    >>> lowest_of({"project": {"dependencies": ["attrs>=23.2"]}, "dependency-groups": {"dev": ["psycopg[c]>=3.1"]}})
    {'attrs': '23.2', 'psycopg': '3.1'}
    """
    found: dict[str, str] = {}
    for requirement in _requirements(project):
        read = _REQUIREMENT.fullmatch(requirement)
        if read is None:
            raise ValueError(f"{requirement}: expected a name and its lowest version, such as attrs>=23.2")
        name, version = re.sub(r"[-_.]+", "-", read["name"]).lower(), read["version"]
        if found.setdefault(name, version) != version:
            raise ValueError(f"{name}: expected one lowest version, found {found[name]} and {version}")
    return dict(sorted(found.items()))


def _requirements(project: Mapping[str, Any]) -> Iterator[str]:
    yield from project["project"]["dependencies"]
    for extra in project["project"].get("optional-dependencies", {}).values():
        yield from extra
    yield from project["dependency-groups"]["dev"]


if __name__ == "__main__":
    allowed = lowest_of(tomllib.loads(PYPROJECT.read_text(encoding="utf-8")))
    sys.stdout.writelines(f"{name}=={version}\n" for name, version in allowed.items())
