"""An office in a database of its own, SQLite unless AGENCY_POSTGRES names a server, and its web interface on a port."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copyfile
from threading import Thread
from time import monotonic, sleep
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
import uvicorn
from sqlalchemy import create_engine, make_url, text

from agency import Office
from agency.app import make_app
from agency.leads import WAYS


@pytest.fixture
def new_url(tmp_path: Path) -> Callable[[], str]:
    """Empty databases."""
    return lambda: _new_url(tmp_path)


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    """An empty database."""
    return new_url()


def _new_url(folder: Path) -> str:
    server = os.environ.get("AGENCY_POSTGRES")
    if not server:
        return f"sqlite:///{folder / uuid4().hex}.db"
    at, name = make_url(server).set(drivername="postgresql+psycopg"), f"agency_{uuid4().hex}"
    engine = create_engine(at, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return at.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session", params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    """Leads in the tables of the CRM, and leads in those of the agency."""
    way: str = request.param
    return way


@pytest.fixture(scope="session")
def new_office(way: str, tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """The file of a new office, to be copied, since each test begins with one."""
    if "AGENCY_POSTGRES" in os.environ:
        return None
    path = tmp_path_factory.mktemp("office") / f"{way}.db"
    Office.new(f"sqlite:///{path}", way).close()
    return path


@pytest.fixture
def office(way: str, new_office: Path | None, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """A new office, with leads kept this way."""
    monkeypatch.setenv("AGENCY_LEADS", way)  # for its processes too
    if new_office is None:
        office = Office.new(url)
    else:
        copyfile(new_office, url.removeprefix("sqlite:///"))
        office = Office.open(url)
    yield office
    office.close()


class Web:
    """The web interface of an office, called over HTTP as its users do."""

    def __init__(self, office: Office, address: str) -> None:
        self.address = address
        self.tokens = {title: office.hire(title)[1] for title in ("director", "seller", "trainee")}

    def request(self, method: str, path: str, who: str, body: Any = None) -> Request:
        head = {"Authorization": f"Bearer {self.tokens.get(who, who)}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        return Request(self.address + path, data, head, method=method)

    def call(self, method: str, path: str, who: str = "director", body: Any = None) -> tuple[int, Any]:
        """The status, and what the body says."""
        try:
            with urlopen(self.request(method, path, who, body), timeout=20) as answer:
                return answer.status, json.load(answer)
        except HTTPError as error:
            with error:
                return error.code, json.load(error)

    def add(self, title: str, email: str = "ann@example.com", key: str | None = None) -> int:
        """A new lead with its quote."""
        body = {"key": key or title, "title": title, "email": email, "fee": "1200.50", "note": email}
        status, answer = self.call("POST", "/leads", "seller", body)
        assert status == 200, answer
        number: int = answer["number"]
        return number

    def told(self, path: str) -> Iterator[tuple[str, Any]]:
        """The server-sent events of a path, as they come."""
        with urlopen(self.request("GET", path, "director"), timeout=20) as answer:
            assert answer.headers.get_content_type() == "text/event-stream"
            name, until = "", monotonic() + 120
            for line in answer:
                assert monotonic() < until, "the switch does not end"
                field, _, value = line.decode().rstrip("\n").partition(": ")
                name = value if field == "event" else name
                if field == "data":
                    yield name, json.loads(value)


@pytest.fixture
def web(office: Office) -> Iterator[Web]:
    """The web interface, with a user of each title."""
    server = uvicorn.Server(uvicorn.Config(make_app(office), port=0, ws="none", log_level="error"))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    yield Web(office, f"http://{host}:{port}")
    server.should_exit = True
    thread.join()
