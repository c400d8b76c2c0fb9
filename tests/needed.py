"""What a test needs of the machine: without it the test is skipped, and fails where everything must run."""

import os
import shutil
from importlib.util import find_spec

import pytest

__all__ = ["need_module", "need_program"]


def need_module(name: str) -> None:
    """Skip the test where a module is not installed; with `CRMCORE_STRICT=1`, which `.ci/run` sets, fail it."""
    if find_spec(name) is None:
        _do_without(name)


def need_program(*names: str) -> str:
    """The path of the first of these programs that is here; without any, the same as `need_module`."""
    found = next(filter(None, map(shutil.which, names)), None)
    return found if found is not None else _do_without(names[0])


def _do_without(name: str) -> str:
    if os.environ.get("CRMCORE_STRICT") == "1":
        pytest.fail(f"needs {name}, and CRMCORE_STRICT says that nothing may be skipped")
    pytest.skip(f"needs {name}", allow_module_level=True)
