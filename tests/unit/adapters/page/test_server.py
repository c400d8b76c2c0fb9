"""The server of the page over real connections: links, cookies, and clients that do not behave."""

import socket
from contextlib import ExitStack
from email.message import Message
from http.client import HTTPConnection
from threading import active_count
from typing import NamedTuple

import pytest

from crmcore import CrmState
from crmcore.adapters.page import Server, serve
from crmcore.adapters.words import language
from crmcore.domain.model.errors import InvalidValue
from crmcore.testing import TestCrm

# Patience of the tests, not of the server.
WAIT = 20


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Message
    text: str


def _get(server: Server, path: str, **headers: str) -> Answer:
    connection = HTTPConnection(server.url.removeprefix("http://"), timeout=WAIT)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    found = Answer(answer.status, answer.headers, answer.read().decode())
    connection.close()
    return found


def _path(server: Server, link: str) -> str:
    return link.removeprefix(server.url)


@pytest.mark.rule("PAGE-6.7", "PAGE-6.8")
def test_a_link_lets_one_person_in_once() -> None:
    """The cookie cannot be read by a script, nor sent from another site; the second use of the link lets nobody in."""
    with TestCrm.classic() as p, serve(p.crm) as server:
        link = _path(server, server.link(p.administrator))
        answer = _get(server, link)
        assert (answer.status, answer.headers["Location"]) == (303, "/crm/mode")
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        mine = cookie.partition(";")[0]
        assert _get(server, "/crm/switches", Cookie=mine).status == 200
        assert _get(server, "/crm/switches").status == 401
        assert _get(server, "/crm/switches", Cookie=mine[:-1]).status == 401
        again = _get(server, link)
        assert (again.status, again.headers["Set-Cookie"]) == (401, None)
        assert language("it").requests.used_link in again.text


@pytest.mark.rule("PAGE-6")
def test_a_server_answers_to_its_own_name_alone() -> None:
    """Any other name is foreign, whatever it leads to."""
    with TestCrm.classic() as p, serve(p.crm) as server:
        assert _get(server, "/crm/page/page.css").status == 200
        assert _get(server, "/crm/page/page.css", Host="evil.example").status == 403
        assert _get(server, "/", Host=f"localhost:{server.url.rpartition(':')[2]}").status == 303


@pytest.mark.rule("PAGE-7")
def test_idle_and_broken_connections_stop_nobody() -> None:
    """Two hundred that say nothing, and some that say half a request or nonsense; the next one is answered."""
    with TestCrm.classic() as p, serve(p.crm) as server, ExitStack() as open_ones:
        host, _, port = server.url.removeprefix("http://").partition(":")
        said = (
            b"POST /crm/mode/simple HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
            b"GET http://[ HTTP/1.1\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET / HTTP/9.9\r\n\r\n",
            b"A" * 100_000,
        )
        for number in range(200):
            connection = open_ones.enter_context(socket.create_connection((host, int(port)), timeout=WAIT))
            if number < len(said):
                connection.sendall(said[number])
        assert _get(server, "/crm/page/page.css").status == 200


@pytest.mark.rule("PAGE-5.3")
def test_a_server_that_ends_leaves_its_switch_live() -> None:
    """The next one begins nothing by itself."""
    with TestCrm.classic() as p:
        p.leads(2)
        p.crm.begin_switch(p.administrator, key="2026")
        for _ in range(2):
            with serve(p.crm) as server:
                cookie = _get(server, _path(server, server.link(p.administrator))).headers["Set-Cookie"]
                assert _get(server, "/crm/mode", Cookie=cookie.partition(";")[0]).status == 200
            assert p.crm.mode() is CrmState.SWITCHING
        p.crm.cancel_switch(p.administrator)


def test_a_server_leaves_nothing_behind() -> None:
    """No thread, and its port is free again."""
    with TestCrm.classic() as p:
        before = active_count()
        with serve(p.crm) as server:
            port = int(server.url.rpartition(":")[2])
        assert active_count() == before
        with serve(p.crm, port=port) as server:
            assert server.url.endswith(f":{port}")


@pytest.mark.parametrize(
    "wrong", [{"host": "0.0.0.0"}, {"host": ""}, {"host": "a b"}, {"port": -1}, {"port": True}, {"language": "xx"}]
)
def test_a_server_that_cannot_be_is_not_started(wrong: dict[str, object]) -> None:
    """The error names the argument, and nothing listens."""
    with TestCrm.classic() as p:
        before = active_count()
        with pytest.raises(InvalidValue, match=next(iter(wrong))):
            serve(p.crm, **wrong)  # type: ignore[arg-type]  # on purpose
        assert active_count() == before


@pytest.mark.rule("PAGE-6.6")
def test_a_request_leaves_no_line_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    """Neither one that is carried out nor one that is not: an address may show personal data."""
    with TestCrm.classic() as p, serve(p.crm) as server:
        for path in (_path(server, server.link(p.administrator)), "/crm/none"):
            assert _get(server, path).status in (303, 404)
    assert capfd.readouterr() == ("", "")
