"""The cycle collector rests in the processes of a host as it does in our own: see `tests/heap.py`."""

from pathlib import Path

__all__ = ["rest"]

#: What Python carries out when it starts, wherever it finds a module of this name.
_CODE = """
import atexit
import gc

gc.set_threshold(10_000)  # so many objects, rather than 700, are made before the collector looks at them
atexit.register(gc.freeze)  # the end of a process need not search all that was loaded
"""


def rest(folder: Path) -> None:
    """Let it rest in each Python that finds its modules in this folder."""
    (folder / "sitecustomize.py").write_text(_CODE, encoding="utf-8")
