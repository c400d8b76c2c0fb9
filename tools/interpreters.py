"""The versions of Python that pyproject.toml allows, the interpreters of them that are here, and a target on each."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from shutil import which

__all__ = ["VERSIONS", "each", "found", "others"]

#: The oldest first; those without a classifier in pyproject.toml are tried where they are, and not claimed.
VERSIONS = ("3.11", "3.12", "3.13", "3.14")

#: Runs a command and gives its exit code.
Run = Callable[[Sequence[str]], int]


def found() -> dict[str, str | None]:
    """The interpreter of each version, on `PATH` or known to pyenv; `None` where there is none that starts."""
    return {version: _interpreter(version) for version in VERSIONS}


def each(target: str, interpreters: dict[str, str | None], run: Run = subprocess.call) -> int:
    """Make a target on each interpreter; one that is red hides no other. No interpreter at all is a failure too."""
    said, red = {}, not any(interpreters.values())
    for version, python in interpreters.items():
        if python is None:
            said[version] = "not here"
            continue
        print(f"python {version}: make {target}", flush=True)
        words = ["make", "--no-print-directory", target, f"PYTHON={python}", f"VENV=.venv-{version}"]
        code = run(words)
        said[version] = "green" if code == 0 else f"red ({code})"
        red = red or code != 0
    for version, word in said.items():
        print(f"python {version}: {word}", flush=True)
    return int(red)


def others(interpreters: dict[str, str | None]) -> dict[str, str | None]:
    """Those of another version than the one that runs this."""
    here = ".".join(map(str, sys.version_info[:2]))
    return {version: python for version, python in interpreters.items() if version != here}


def _interpreter(version: str) -> str | None:
    # A command of that name may be there and not start: pyenv has one for each version that it knows.
    candidates = [which(f"python{version}"), _of_pyenv(version)]
    return next((each for each in candidates if each and _is(version, each)), None)


def _of_pyenv(version: str) -> str | None:
    pyenv = which("pyenv")
    if pyenv is None:
        return None
    asked = subprocess.run([pyenv, "prefix", version], capture_output=True, text=True, check=False)
    return f"{asked.stdout.strip()}/bin/python" if asked.returncode == 0 else None


def _is(version: str, python: str) -> bool:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        asked = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return asked.stdout.strip() == version


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            for version, python in found().items():
                print(version, python or "not here")
        case ["--oldest"]:
            print(next(filter(None, found().values()), "none-of-" + "-".join(VERSIONS)))
        case ["--others", target]:
            sys.exit(each(target, rest) if any((rest := others(found())).values()) else 0)
        case [target]:
            sys.exit(each(target, found()))
        case words:
            sys.exit(f"expected one target, found {' '.join(words)}")
