"""Files are read whole and bounded, known by what they are and not by their name, and written under no link."""

import os
import socket
from pathlib import Path

import pytest

from crmcore.adapters import files
from crmcore.adapters.files import FILE_LIMIT, identities, new_file, read_file, status_of, write_part


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.rule("CSV-1.1")
@pytest.mark.parametrize(
    "make, kind", [(Path.mkdir, "a folder"), (_pipe, "a pipe"), (_socket, "a socket")], ids=["folder", "pipe", "socket"]
)
def test_what_is_no_file_is_refused_by_its_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: object, kind: str
) -> None:
    """And is not waited for."""
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    path = Path("it")
    assert callable(make)
    make(path)
    with pytest.raises(OSError, match=f"expected a file, found {kind}"):
        read_file(path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device without an end")
def test_a_device_is_refused(tmp_path: Path) -> None:
    """Also through a link."""
    (tmp_path / "leads.csv").symlink_to("/dev/zero")
    for path in (Path("/dev/zero"), tmp_path / "leads.csv"):
        with pytest.raises(OSError, match="expected a file, found a device"):
            read_file(path)


def test_a_name_that_has_become_something_else_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the opening somebody may have put a pipe there."""
    path = tmp_path / "it"
    path.write_bytes(b"x")
    file = status_of(path)
    path.unlink()
    _pipe(path)
    monkeypatch.setattr(files, "status_of", lambda _: file)
    with pytest.raises(OSError, match="found a pipe"):
        read_file(path)


@pytest.mark.rule("CSV-1.1")
def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    """One byte more is refused with the limit."""
    path = tmp_path / "it"
    path.write_bytes(b"12345")
    assert read_file(path) == read_file(path, limit=5) == b"12345"
    with pytest.raises(OSError, match="expected a file of at most 4 bytes"):
        read_file(path, limit=4)
    with path.open("wb") as file:
        file.truncate(FILE_LIMIT + 1)  # of holes, which take no room
    with pytest.raises(OSError, match="expected a file of at most 1,073,741,824 bytes"):
        read_file(path)


def test_a_file_that_says_it_is_empty_is_read_up_to_its_limit(tmp_path: Path) -> None:
    """Those of the system do, so the size alone is not believed."""
    path = Path("/proc/self/maps")
    if not path.exists():
        pytest.skip("needs files that the system makes up")
    with pytest.raises(OSError, match="at most 10 bytes"):
        read_file(path, limit=10)


def test_a_name_that_cannot_be_says_why(tmp_path: Path) -> None:
    """Too long, with NUL, a link to nowhere, in a circle; none of them is a file that is simply not there."""
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing")
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    for name in ("x" * 256, "a\0b", "\ud800", "nowhere", "a"):
        with pytest.raises(OSError):  # noqa: PT011  # the reasons of a system are its own
            status_of(tmp_path / name)
    assert status_of(tmp_path / "missing") is None
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "missing")


def test_a_file_is_known_under_every_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative, through a link of either kind, through a linked folder; what is not there is no file."""
    monkeypatch.chdir(tmp_path)
    Path("it").write_bytes(b"")
    Path("soft").symlink_to("it")
    Path("hard").hardlink_to("it")
    Path("folder").symlink_to(tmp_path)
    one = identities([Path("it")])
    assert len(one) == 1
    for name in ("./it", "soft", "hard", "folder/it", str(tmp_path / "it")):
        assert identities([Path(name)]) == one
    Path("other").write_bytes(b"")
    assert not identities([Path("other")]) & one
    assert identities([Path("missing"), Path("x" * 256), Path("a\0b")]) == frozenset()


@pytest.mark.parametrize("to", ["victim", "missing"])
def test_nothing_is_written_through_a_link(tmp_path: Path, to: str) -> None:
    """Whether or not it leads to a file; a file that is there is left alone too."""
    (tmp_path / "victim").write_text("mine", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / to)
    for name in ("link", "victim"):
        with pytest.raises(FileExistsError):
            new_file(tmp_path / name)
    assert (tmp_path / "victim").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "missing").exists()


def test_a_part_is_whole_or_gone(tmp_path: Path) -> None:
    """Its text is kept to the letter, its name is another one each time, and a failure leaves nothing."""
    path = tmp_path / "it"
    parts = [write_part(path, lambda file: file.write("a\r\nb\n")) for _ in range(2)]
    assert len({*parts}) == 2
    assert {part.read_bytes() for part in parts} == {b"a\r\nb\n"}
    assert all(part.match(".it.*.part") for part in parts)

    def fail(file: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_part(path, fail)
    assert {*tmp_path.iterdir()} == {*parts}
