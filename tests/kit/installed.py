"""A host product of `examples/`, with `crmcore` from its wheel in an environment of its own."""

import os
import shutil
import subprocess
import sys
import venv
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path
from zipfile import Path as ZipPath

from attrs import frozen
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.kit.collector import rest

__all__ = ["Product", "installed"]


@frozen
class Product:
    """A copy of a host product's tests, and the Python in which the product is installed."""

    folder: Path
    python: Path

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run that Python, free of what this test run has set for its own children."""
        own = ("COVERAGE_", "COV_", "HYPOTHESIS_", "PYTEST_", "PYTHON")
        return subprocess.run(
            [self.python, *arguments],
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if not name.startswith(own)},
            capture_output=True,
            text=True,
            check=False,
            timeout=1800,
        )

    def pytest(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run pytest there."""
        return self.run("-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments)


def installed(example: Path, wheel: Path, home: Path) -> Product:
    """A new environment with two wheels, that of crmcore and that of the host, and with what they say they need."""
    folder = Path(shutil.copytree(example, home / example.name, ignore=shutil.ignore_patterns("src", ".*", "__*")))
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(home)]
    subprocess.run(build, cwd=example, check=True, capture_output=True, timeout=120)
    (own,) = home.glob("*.whl")
    venv.create(home / "venv", symlinks=True)
    product = Product(folder, home / "venv" / "bin" / "python")
    site = product.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    _link_what_is_needed(f"{example.name}[test]", [wheel, own], Path(site))
    rest(Path(site))
    pip = [sys.executable, "-m", "pip", "--python", str(product.python), "--disable-pip-version-check", "install"]
    # It finds what is needed beside them, or says what is not there.
    pip += ["--no-index", "--no-compile", str(wheel), f"{own}[test]"]
    done = subprocess.run(pip, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return product


def _link_what_is_needed(requirement: str, wheels: list[Path], site: Path) -> None:
    """Link the packages that this needs, and no others, to those that are here: without the network."""
    built = {canonicalize_name(each.name): each for each in map(_in_wheel, wheels)}
    wanted = [Requirement(requirement)]
    done: set[str] = set()
    while wanted:
        each = wanted.pop()
        if str(each) in done:
            continue
        done.add(str(each))
        found = built.get(canonicalize_name(each.name)) or distribution(each.name)
        for needed in map(Requirement, found.requires or ()):
            extras = ("", *each.extras)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                wanted.append(needed)
        if canonicalize_name(each.name) not in built:
            for name in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
                if not (site / name).is_symlink():  # several may need it
                    (site / name).symlink_to(str(found.locate_file(name)))


def _in_wheel(wheel: Path) -> Distribution:
    (info,) = (each for each in ZipPath(wheel).iterdir() if each.name.endswith(".dist-info"))
    return PathDistribution(info)
