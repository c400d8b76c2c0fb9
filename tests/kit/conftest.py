"""A host product in a folder of its own, with `crmcore` installed from its wheel."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent
from zipfile import ZipFile

import pytest
from attrs import frozen

from tests.kit.collector import rest

ROOT = Path(__file__).resolve().parent.parent.parent


def once(factory: pytest.TempPathFactory, name: str, fill: Callable[[Path], object]) -> Path:
    """A folder that one process of this run fills and the others wait for, with what they compile there."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"shared-{name}"
    with folder.with_suffix(".lock").open("a+") as note:
        fcntl.flock(note, fcntl.LOCK_EX)
        note.seek(0)
        if note.read() != "filled":
            folder.mkdir(exist_ok=True)
            fill(folder)
            note.write("filled")
    return folder


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, built without the network."""

    def build(folder: Path) -> None:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)

    (built,) = once(tmp_path_factory, "wheel", build).glob("*.whl")
    return built


@pytest.fixture(scope="session")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel is installed."""

    def unpack(folder: Path) -> None:
        with ZipFile(wheel) as archive:
            archive.extractall(folder)

    return once(tmp_path_factory, "site", unpack)


@frozen
class Host:
    """A host product: a folder with its files, and Python started there."""

    folder: Path
    site: Path

    def write(self, files: Mapping[str, str]) -> None:
        """Put files into the folder."""
        for name, text in files.items():
            (self.folder / name).write_text(dedent(text), encoding="utf-8")

    def python(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run Python with these arguments, free of what this test run has set for its own children."""
        own = ("COVERAGE_", "PYTEST_", "HYPOTHESIS_", "COV_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        environment["PYTHONPATH"] = os.pathsep.join([str(self.site), str(self.folder)])
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def pytest(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the host's tests, with its own root folder and all plugins that are installed."""
        return self.python("-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments)


@pytest.fixture
def host(tmp_path: Path, site: Path) -> Host:
    """An empty host product."""
    made = Host(tmp_path, site)
    rest(tmp_path)
    made.write({"pytest.ini": "[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n"})
    return made
