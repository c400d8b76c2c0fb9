"""The cycle collector rests in the many tests of a host as it does in our own: see `tests/heap.py`."""

from pathlib import Path

from tests import heap

__all__ = ["resting"]

_REGISTER = """

def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Heap(), "heap")
"""


def resting(folder: Path) -> tuple[str, str]:
    """Put the plugin into the folder in which pytest is started, and say what pytest is to be told."""
    code = Path(heap.__file__).read_text(encoding="utf-8")
    (folder / "resting.py").write_text(code + _REGISTER, encoding="utf-8")
    return "-p", "resting"
