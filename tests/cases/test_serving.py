"""`crmcore serve` as a process: the document with its links, the page behind them, and the end by Ctrl-C."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from crmcore import CrmMode
from crmcore.adapters.roles import ADMINISTRATOR
from crmcore.adapters.sql import create_portal, open_store
from crmcore.domain.model.ids import UserId
from crmcore.domain.model.image import new_crm
from tests.script import SCRIPT

pytestmark = pytest.mark.slow  # each of these starts an interpreter


class Started(NamedTuple):
    """A server that listens, and what it printed."""

    process: "subprocess.Popen[str]"
    document: dict[str, Any]

    def link(self, actor: int) -> str:
        """The link of one person."""
        found: str = next(link["url"] for link in self.document["links"] if link["actor"] == actor)
        return found


def _document(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """The one document on standard output, without waiting for the end of the process."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line == "}\n":
            break
    document: dict[str, Any] = json.loads("".join(lines))
    return document


@contextmanager
def _served(*words: str) -> Iterator[Started]:
    # A shell that begins things in the background ignores SIGINT for them.
    command = [sys.executable, "-c", f"import signal; signal.signal(2, signal.default_int_handler); {SCRIPT}"]
    with subprocess.Popen([*command, "serve", "--json", *words], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Started(process, _document(process))
        finally:
            process.kill()


def _get(url: str, cookie: str = "") -> tuple[int, str, str]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=60)
    connection.request("GET", parts.path, headers={"Cookie": cookie})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers.get("Set-Cookie", "").partition(";")[0], text


@pytest.mark.rule("PAGE-2.1", "PAGE-6")
def test_the_sample_is_served_until_ctrl_c() -> None:
    """One link for the administrator, one for a person without the right; Ctrl-C is exit 0."""
    with _served("--language", "en") as started:
        url = started.document["url"]
        for actor, may in ((1, True), (2, False)):
            status, cookie, _ = _get(started.link(actor))
            assert status == 303
            status, _, text = _get(f"{url}/crm/mode", cookie)
            assert (status, "Switch to Simple" in text or "choose=simple" in text) == (200, may)
        started.process.send_signal(signal.SIGINT)
        assert started.process.wait(60) == 0


@pytest.mark.rule("PAGE-5")
def test_a_store_is_served_with_the_rights_of_its_users(tmp_path: Path) -> None:
    """Its leads are there after the server has ended."""
    path = tmp_path / "crm.db"
    create_portal(f"sqlite:///{path}", image=new_crm(CrmMode.CLASSIC), roles={UserId(7): [ADMINISTRATOR]}).close()
    with _served("--store", str(path), "--actor", "7") as started:
        _, cookie, _ = _get(started.link(7))
        assert _get(f"{started.document['url']}/crm/switches", cookie)[0] == 200
        _, cookie, _ = _get(started.link(2))
        assert _get(f"{started.document['url']}/crm/switches", cookie)[0] == 403
    with open_store(f"sqlite:///{path}") as store:
        assert store is not None


#: One interpreter for lines that each end at once.
EACH = """
import sys
from crmcore.adapters.cli import main
for line in sys.argv[1:]:
    print("exit", main(["serve", "--json", *line.split()]))
"""


def test_a_server_that_cannot_be_is_a_wrong_call() -> None:
    """Exit 2, and the option is named."""
    wrong = {"--port": "70000", "--language": "xx", "--reader": "0", "--store": "nowhere.db"}
    lines = [f"{field} {value}" for field, value in wrong.items()]
    ran = subprocess.run(
        [sys.executable, "-c", EACH, *lines], stdout=subprocess.PIPE, text=True, check=True, timeout=60
    )
    *documents, _ = ran.stdout.split("exit 2\n")
    assert [json.loads(document)["errors"][0]["field"] for document in documents] == [*wrong]


def test_a_port_in_use_is_a_wrong_call() -> None:
    """It says so, and nothing is served."""
    with socket.create_server(("127.0.0.1", 0)) as taken, _served("--port", str(taken.getsockname()[1])) as started:
        assert started.process.wait(60) == 2
        assert started.document["errors"][0]["field"] == "--port"
