"""The files of `--out` are replaced one by one, and each is there and whole at every moment."""

import sys
from pathlib import Path
from typing import Any

import pytest

from crmcore.adapters.bitrix24_csv import Names
from crmcore.adapters.cli.work.out_folder import DOCUMENT, write_files
from crmcore.domain.model.image import CrmImage
from crmcore.testing.contracts.seeds import busy_crm

OLD = Names(stages={"NEW": "New"}, sources={}, persons={})
NEW = Names(stages={"NEW": "Unprocessed"}, sources={}, persons={})


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}


def _moments(folder: Path, image: CrmImage) -> list[dict[str, bytes]]:
    """What a reader would find before each call of the system that the writing makes."""
    found: list[dict[str, bytes]] = []
    looking = False

    def look(frame: Any, event: str, called: Any) -> None:
        nonlocal looking
        of_system = called is open or getattr(called, "__module__", "") in ("posix", "nt")
        if event.startswith("c_") and of_system and not looking:
            looking = True
            found.append(_contents(folder))
            looking = False

    sys.setprofile(look)
    try:
        write_files(folder, image, NEW)
    finally:
        sys.setprofile(None)
    return [*found, _contents(folder)]


@pytest.mark.rule("DATA-3")
def test_every_file_is_there_at_every_moment_old_or_new(tmp_path: Path) -> None:
    """None is taken away before the other is in its place, and the document comes last."""
    image = busy_crm()
    write_files(tmp_path, CrmImage(), OLD)
    old = _contents(tmp_path)
    moments = _moments(tmp_path, image)
    new = moments[-1]
    assert all(new[name] != content for name, content in old.items())
    assert len(moments) > len(new)

    so_far: set[str] = set()
    for found in moments:
        assert found.keys() == old.keys()
        replaced = {name for name, content in found.items() if content == new[name]}
        assert {name for name in found if found[name] == old[name]} == found.keys() - replaced
        assert so_far <= replaced
        assert DOCUMENT not in replaced or replaced == found.keys()
        so_far = replaced


@pytest.mark.rule("DATA-3")
def test_a_file_that_cannot_be_written_leaves_every_other_as_it_was(tmp_path: Path) -> None:
    """The document, which is written first, stays the old one, and nothing of the attempt is left."""
    write_files(tmp_path, CrmImage(), OLD)
    old = _contents(tmp_path)
    with pytest.raises(UnicodeEncodeError):
        write_files(tmp_path, busy_crm(), Names(stages={"NEW": "\ud800"}, sources={}, persons={}))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == old
