"""A write-ahead log that was cut below its checkpoint: part of the file is newer than the rest of it."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crmcore import StoreError
from crmcore.adapters.sql import open_store
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.testing.contracts.scene import ADMIN, Scene
from tests.sql.servers import store_in

#: The head of a log, and of each frame before its page.
_LOG_HEAD, _FRAME_HEAD = 32, 24
LEADS = 12


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file whose whole log is in the database by a checkpoint, as it stands where the process is killed then."""
    folder = tmp_path_factory.mktemp("killed")
    path = folder / "crm.db"
    with store_in(f"sqlite:///{path}", new_crm(CrmMode.CLASSIC)) as store:
        scene = Scene(store)
        for _ in range(LEADS):
            scene.add(title="Request")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            (busy, frames, done) = other.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            assert (busy, done) == (0, frames)
        for name in ("crm.db", "crm.db-wal"):
            shutil.copy(folder / name, folder / f"killed-{name}")
    return folder


def _cut(folder: Path, target: Path, part: float) -> Path:
    """The killed file with only a part of its log."""
    shutil.copy(folder / "killed-crm.db", target / "crm.db")
    log = (folder / "killed-crm.db-wal").read_bytes()
    page = int.from_bytes(log[8:12])
    frames = (len(log) - _LOG_HEAD) // (_FRAME_HEAD + page)
    (target / "crm.db-wal").write_bytes(log[: _LOG_HEAD + round(frames * part) * (_FRAME_HEAD + page)])
    return target / "crm.db"


def _used(path: Path) -> str:
    """What becomes of three new leads and an audit: sound, or the kind of the error."""
    try:
        with open_store(f"sqlite:///{path}") as store:
            scene = Scene(store)
            ids = [scene.add(title="After") for _ in range(3)]
            assert len(set(ids)) == 3
            assert scene.crm.audit(ADMIN) == ()
            return "sound"
    except StoreError as error:
        return type(error).__name__


@pytest.mark.rule("EDIT-1", "DATA-1")
@pytest.mark.slow
def test_a_log_that_was_cut_is_told_as_damage_or_does_none(killed: Path, tmp_path: Path) -> None:
    """Never as busy, which asks for a retry: the file is one of an earlier commit, or it is corrupt."""
    ends = set()
    for part in range(41):
        target = tmp_path / str(part)
        target.mkdir()
        ends.add(_used(_cut(killed, target, part / 40)))
    assert ends == {"sound", "StoreCorrupt"}
