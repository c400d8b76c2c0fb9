"""The page on a server of its own: one process, a thread for each connection, and a one-time link for each person."""

import re
import secrets
import socket
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self

from itsdangerous import BadSignature
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from crmcore.adapters.page.app import USED_LINK, ModePage, mode_page
from crmcore.adapters.page.safety import HOURS, Safety, signer
from crmcore.application.crm import Crm
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import UserId
from crmcore.domain.model.text import check_id

__all__ = ["Server", "serve"]

#: How often the server looks whether it has to stop, in seconds: stopping takes as long at most.
POLL = 0.01

#: How long a connection may be silent, in seconds.
SILENCE = 30

_ENTER = "/enter/"
_EVERYWHERE = ("", "0.0.0.0", "::")  # these are refused
_LOOPBACK = ("127.0.0.1", "localhost")


class Server(AbstractContextManager["Server"]):
    """A running server; a `with` block stops it at its end, with the work on a switch, which stays live.

    `url` is where it listens. `link` makes a link that lets one person in, once.
    """

    def __init__(self, page: ModePage, doors: "_Doors", listening: ThreadedWSGIServer) -> None:
        self._page = page
        self._doors = doors
        self._listening = listening
        self._thread = Thread(target=listening.serve_forever, args=(POLL,), name="crmcore-page", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address of the server, without a path."""
        return f"http://{self._listening.host}:{self._listening.port}"

    def link(self, person: UserId) -> str:
        """A new link that lets `person` in, once.

        Raises `InvalidValue` for a person that is no id.
        """
        check_id("person", person)
        return f"{self.url}{_ENTER}{self._doors.open_for(person)}"

    def stop(self) -> None:
        """Stop listening and working; a live switch stays live, and is continued by the next server or by a worker."""
        self._listening.shutdown()
        self._thread.join()
        self._listening.server_close()
        self._page.stop()

    def wait(self) -> None:
        """Wait until somebody stops the server."""
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def serve(crm: Crm, *, host: str = "127.0.0.1", port: int = 0, language: str = "it") -> Server:
    """Serve the page of `crm`, on this machine alone unless told otherwise.

    `host` is the address to listen on, which people also type; `port` is 0 for any free one. `language` is that of the
    page. Returns a running `Server`. Raises `InvalidValue` for an argument that is not allowed, and `OSError` for an
    address that is in use.

    >>> from crmcore.testing import TestCrm
    >>> p = TestCrm.classic()
    >>> with serve(p.crm) as server:
    ...     server.link(p.administrator).startswith("http://127.0.0.1:")
    True
    """
    if host in _EVERYWHERE or not re.fullmatch(r"[A-Za-z0-9.-]+", host):
        raise InvalidValue("host", "one name or address of this machine, which people type")
    if type(port) is not int or not 0 <= port < 1 << 16:
        raise InvalidValue("port", "a whole number from 0 to 65535")
    # Not by werkzeug, which ends the process where the address is in use.
    with socket.create_server((host, port)) as bound:
        listening = _Listening(host, port, _nothing, handler=_Handler, fd=bound.fileno())
    names = {host, *(_LOOPBACK if host in _LOOPBACK else ())}
    hosts = {f"{name}:{listening.port}" for name in names}
    secret = secrets.token_urlsafe(32)
    doors = _Doors(secret, hosts, listening.port)
    try:
        page = mode_page(crm, who=doors.who, secret=secret, hosts=hosts, language=language)
    except BaseException:
        listening.server_close()
        raise
    doors.behind = page
    listening.app = doors
    return Server(page, doors, listening)


class _Doors:
    """Lets a person in by a one-time link, and knows who it is by a signed cookie from then on."""

    behind: Callable[..., Iterable[bytes]]

    def __init__(self, secret: str, hosts: set[str], port: int) -> None:
        self._links: dict[str, UserId] = {}
        self._lock = Lock()
        self._safety = Safety(secret, hosts)
        self._people = signer(secret, "person")
        # Cookies of one machine know no ports.
        self._cookie = f"crmcore-{port}"

    def open_for(self, person: UserId) -> str:
        code = secrets.token_urlsafe(24)
        with self._lock:
            self._links[code] = person
        return code

    def who(self, environ: dict[str, Any]) -> UserId | None:
        """The person of a request, if its cookie is one of ours."""
        try:
            person: UserId = self._people.loads(Request(environ).cookies.get(self._cookie, ""), max_age=HOURS)
        except BadSignature:
            return None
        return person

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        if request.path == "/":
            return redirect("/crm/mode", 303)(environ, start_response)
        if not request.path.startswith(_ENTER) or request.method != "GET":
            return self.behind(environ, start_response)
        with self._lock:
            person = self._links.pop(request.path.removeprefix(_ENTER), None)
        if person is None:
            # The page behind says that nobody is signed in, and why.
            used = {USED_LINK: True, "PATH_INFO": "/crm/mode", "HTTP_COOKIE": ""}
            return self.behind({**environ, **used}, start_response)
        answer: Response = self._safety.close(redirect("/crm/mode", 303))
        answer.set_cookie(self._cookie, self._people.dumps(person), httponly=True, samesite="Strict")
        return answer(environ, start_response)


class _Listening(ThreadedWSGIServer):
    """A thread for each connection; none of them keeps the process alive, and none writes to the terminal."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Write nothing: the client has gone, or said what is no request."""


class _Handler(WSGIRequestHandler):
    """Writes no log, since addresses and errors may show personal data (DATA-2), and waits for nobody for ever."""

    timeout = SILENCE

    def log(self, type: str, message: str, *args: Any) -> None:
        """Write nothing."""


def _nothing(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    raise AssertionError("the server does not listen yet")  # pragma: no cover
