"""Files as whoever typed their names means them: read in one bounded go or as a stream, written new and under no link.

The name `-` is standard input, read once however often it is asked for; a file of that name goes by its whole path.

It needs no extra. What it raises is `OSError` with a reason that says what is wrong and shows no name.
"""

import os
import sys
from collections.abc import Callable, Iterable
from errno import EBADF, EFBIG, EINVAL, ELOOP
from hashlib import sha256
from io import BytesIO, TextIOWrapper
from pathlib import Path
from secrets import token_hex
from stat import S_ISBLK, S_ISCHR, S_ISDIR, S_ISFIFO, S_ISREG, S_ISSOCK
from typing import IO, Any, Literal, cast

from crmcore.domain.model.errors import raise_alone

__all__ = [
    "FILE_LIMIT",
    "STANDARD_INPUT",
    "digest_of",
    "identities",
    "kind_of",
    "new_file",
    "new_part",
    "open_file",
    "read_beginning",
    "read_file",
    "state_of",
    "status_of",
    "write_part",
]

#: What stands for standard input where the name of a file is asked for.
STANDARD_INPUT = Path("-")
#: What was read of it.
_TYPED: dict[str, Any] = {}
#: How many bytes a file may have that is read whole.
FILE_LIMIT = 2**30

_KINDS = (
    (S_ISDIR, "a folder"),
    (S_ISFIFO, "a pipe"),
    (S_ISSOCK, "a socket"),
    (S_ISCHR, "a device"),
    (S_ISBLK, "a device"),
)
_CHUNK = 2**20
#: A name that has become a pipe since it was looked at is not waited for.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def read_file(path: Path, limit: int = FILE_LIMIT) -> bytes:
    """The content of a file; raises `OSError` for what is no file, is too large, or cannot be read.

    What is no file is not even opened, since a pipe would be waited for and a device has no end.
    """
    with _opened(path, limit) as file:
        return _whole(file, limit)


def open_file(path: Path) -> IO[bytes]:
    """A file to be read from its beginning on; raises `OSError` as `read_file` does.

    A file that grows while it is read is read as far as it goes.
    """
    file = _opened(path, FILE_LIMIT)
    try:
        if _size(file) > FILE_LIMIT:
            raise _too_large(FILE_LIMIT)
    except OSError:
        file.close()
        raise
    return file


def state_of(file: IO[bytes]) -> tuple[int, ...]:
    """Which file is open, how large it is and when it was last written; nothing of what was typed."""
    if isinstance(file, BytesIO):
        return ()
    status = os.fstat(file.fileno())
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def read_beginning(path: Path, size: int) -> bytes:
    """The first bytes of a file, which may be as large as it likes; raises `OSError` as `read_file` does."""
    with _opened(path, FILE_LIMIT) as file:
        return file.read(size)


def digest_of(path: Path) -> bytes:
    """The SHA-256 of what is in a file; raises `OSError` as `read_file` does."""
    digest = sha256()
    with open_file(path) as file:
        while part := file.read(_CHUNK):
            digest.update(part)
    return digest.digest()


def _size(file: IO[bytes]) -> int:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def _too_large(limit: int) -> OSError:
    return OSError(EFBIG, f"expected a file of at most {limit:,} bytes")


def _whole(file: IO[bytes], limit: int) -> bytes:
    content = bytearray()
    while part := file.read(_CHUNK):
        content += part
        if len(content) > limit:
            raise _too_large(limit)
    return bytes(content)


def _typed(limit: int) -> IO[bytes]:
    """Standard input, which can be read only once."""
    stream = sys.stdin
    if stream is None or stream.closed or not hasattr(stream, "buffer"):
        raise OSError(EBADF, "standard input is not open")
    if _TYPED.get("stream") is not stream:
        _TYPED.update(stream=stream, content=_whole(stream.buffer, limit))
    return BytesIO(_TYPED["content"])


def _opened(path: Path, limit: int) -> IO[bytes]:
    if path == STANDARD_INPUT:
        return _typed(limit)
    status = status_of(path)
    if status is None:
        return path.open("rb")  # the system says best why that cannot be
    _check_file(status)
    file = os.fdopen(os.open(path, _READ), "rb")
    try:
        _check_file(os.fstat(file.fileno()))  # it may be another one by now
    except OSError:
        file.close()
        raise
    return file


def _check_file(status: os.stat_result) -> None:
    kind = kind_of(status)
    if kind is not None:
        raise OSError(EINVAL, f"expected a file, found {kind}")


def kind_of(status: os.stat_result) -> str | None:
    """What something is that is no file; nothing for a file."""
    if S_ISREG(status.st_mode):
        return None
    return next((name for is_one, name in _KINDS if is_one(status.st_mode)), "something else")


def status_of(path: Path) -> os.stat_result | None:
    """What stands under a name, nothing where nothing does; raises `OSError` where there can be nothing, and why.

    A link that leads nowhere or in a circle is such a name: whatever is made there is made somewhere else.
    """
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        if path.is_symlink():
            raise_alone(OSError(ELOOP, "it is a link that leads nowhere"))
        return None
    except ValueError:
        raise_alone(OSError(EINVAL, "no file can have such a name"))


def identities(paths: Iterable[Path]) -> frozenset[tuple[int, int]]:
    """Device and inode of each file that is there: the same for a file under whatever name or link."""
    found = set()
    for path in paths:
        try:
            status = path.stat()
        except (OSError, ValueError):
            continue
        found.add((status.st_dev, status.st_ino))
    return frozenset(found)


def new_file(path: Path) -> TextIOWrapper:
    """A file that was not there, to write text as it is; raises `FileExistsError` for a link too, wherever it leads."""
    return TextIOWrapper(os.fdopen(os.open(path, _NEW, 0o666), "wb"), encoding="utf-8", newline="")


def new_part(path: Path) -> tuple[Path, TextIOWrapper]:
    """A new file beside `path`, to be renamed to it once all is whole, and its path; see `write_part`."""
    part = path.with_name(f".{path.name}.{token_hex(8)}.part")
    return part, new_file(part)


def write_part(path: Path, write: Callable[[IO[Any]], object], *, mode: Literal["w", "wb"] = "w") -> Path:
    """Write a new file beside `path`, to be renamed to it once all is whole; what fails leaves nothing behind.

    Nobody can foresee its name, and it is never a file or a link that somebody has put there. `mode` tells whether
    `write` gets a file of text or of bytes.
    """
    part, made = new_part(path)
    try:
        with made as text:
            file: IO[Any] = text if mode == "w" else cast("IO[bytes]", text.buffer)
            write(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part
