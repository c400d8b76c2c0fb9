"""What a test needs of the machine: without it the test is skipped, and fails where everything must run."""

import os
from importlib.util import find_spec

import pytest

__all__ = ["need_module"]


def need_module(name: str) -> None:
    """Skip the test where a module is not installed; with `CRMCORE_STRICT=1`, which `.ci/run` sets, fail it."""
    if find_spec(name) is not None:
        return
    if os.environ.get("CRMCORE_STRICT") == "1":
        pytest.fail(f"needs {name}, and CRMCORE_STRICT says that nothing may be skipped")
    pytest.skip(f"needs {name}")
