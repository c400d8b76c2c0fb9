"""Requests that nobody should send: each is answered as one of the page's own answers, and writes nothing.

`CRMCORE_DEEP=1` sends fifty times as many.
"""

import os
from io import BytesIO
from random import Random
from typing import Any

import pytest
from werkzeug.test import run_wsgi_app

from crmcore.testing import TestCrm
from tests.unit.adapters.page.site import HOST, Site

ROUNDS = 100_000 if os.environ.get("CRMCORE_DEEP") else 2_000
STATUSES = {200, 303, 400, 401, 403, 404, 405, 409, 413, 415}
CANARY = "Penguinberg"

_PATHS = (
    "/crm/mode", "/m/crm/mode", "/crm/mode/progress", "/crm/mode/preview", "/crm/mode/simple", "/crm/mode/classic",
    "/crm/mode/continue", "/crm/mode/retry", "/crm/mode/stop", "/crm/mode/cancel", "/crm/records/lead",
    "/m/crm/records/deal", "/crm/records/activity/1", "/crm/records/lead/1", "/crm/switches", "/crm/switches/1",
    "/crm/page/page.css", "/crm/page/..%2fapp.py", "/", "//crm/mode", "/crm//mode", "/crm/mode/", "/enter/x",
)  # fmt: skip
_TEXTS = (
    "", "1", "0", "-1", "on", "contact", "both", "9" * 19, "9" * 5_000, "1e9", "٣", "²", "\x00", "\udcff", "<b>", "'--",
    "../..", "%00", "%", "%zz", "a" * 70_000, "\r\nX-Evil: 1", "\u202e", "0x10", " 7", "7 ", "None", "[]", "{}",
)  # fmt: skip
_NAMES = (
    "asked",
    "client",
    "pipeline",
    "keep",
    "pace",
    "after",
    "id",
    "plan",
    "key",
    "token",
    "choose",
    "x",
    "",
    "\udcff",
)
_TYPES = (
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/json",
    "text/plain", "", "multipart/form-data; boundary=" + "x" * 2_000,
    "application/x-www-form-urlencoded; charset=utf-99",
)  # fmt: skip


def _request(random: Random, token: str, person: int | None) -> dict[str, Any]:
    """One request as a server would hand it over, whatever a client may have written."""
    pairs = [(random.choice(_NAMES), random.choice(_TEXTS)) for _ in range(random.randrange(6))]
    if random.random() < 0.5:
        pairs.append(("token", token))
    body = random.choice(
        (
            b"&".join(f"{name}={text}".encode("utf-8", "surrogateescape") for name, text in pairs),
            b"--x\r\nContent-Disposition: form-data; name=token\r\n\r\n" + token.encode() + b"\r\n--x--",
            b"--x\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\n",
            b"[" * 50_000,
            bytes(random.randrange(256) for _ in range(200)),
            b"a&" * 30_000,
            b"",
        )
    )
    path = random.choice(_PATHS) + random.choice(("", "", "", random.choice(_TEXTS)))
    length = random.choice((str(len(body)), str(len(body)), "0", "-5", "x", str(10**30), ""))
    environ: dict[str, Any] = {
        "REQUEST_METHOD": random.choice(
            ("GET", "POST", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "pOsT", "")
        ),
        "SCRIPT_NAME": random.choice(("", "", "/host", "/a b")),
        "PATH_INFO": path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": "&".join(f"{name}={text}" for name, text in pairs)
        .encode("utf-8", "surrogateescape")
        .decode("latin-1"),
        "SERVER_NAME": HOST,
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": random.choice((HOST, HOST, HOST, HOST, "evil.example", "", "[::1", "a b", "x" * 300)),
        "CONTENT_TYPE": random.choice(_TYPES),
        "CONTENT_LENGTH": length,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "test.person": person,
    }
    for header, values in {
        "HTTP_ORIGIN": (f"https://{HOST}", "null", "https://evil.example", "http://[", ""),
        "HTTP_COOKIE": ("", "crmcore=x", "a=" + "\xff" * 100, ";" * 500),
        "HTTP_SEC_FETCH_SITE": ("same-origin", "cross-site", "x"),
        "HTTP_ACCEPT_LANGUAGE": ("it", "\xff", "x" * 3_000),
        "HTTP_TRANSFER_ENCODING": ("chunked", "x"),
        "HTTP_X_FORWARDED_HOST": ("evil.example",),
    }.items():
        if random.random() < 0.2:
            environ[header] = random.choice(values)
    return environ


@pytest.mark.rule("PAGE-6.5", "PAGE-7", "DATA-2")
@pytest.mark.slow
def test_no_request_breaks_the_page() -> None:
    """Each is answered, none with a 500; without the right and the token nothing is written, and no name is shown."""
    with TestCrm.classic() as p:
        p.leads(3, activities=1)
        p.lead(title=CANARY)
        site = Site(p, waits=True)
        tokens = {person: site.page._safety.token(person) for person in (p.administrator, p.manager, p.stranger)}
        before = p.snapshot()
        for number in range(ROUNDS):
            random = Random(number)
            # The token of the administrator in the hands of others, and never in those of the administrator.
            person = random.choice((p.manager, p.stranger, None))
            environ = _request(random, random.choice(list(tokens.values())), person)
            read, status, headers = run_wsgi_app(site.page, environ, buffered=True)
            code, text = int(status.split()[0]), b"".join(read).decode()
            assert code in STATUSES, f"request {number}: {status}"
            assert headers["Cache-Control"] == "no-store"
            assert "X-Evil" not in headers, f"request {number}"
            assert "Traceback" not in text, f"request {number}"
            assert CANARY not in text or person == p.manager, f"request {number}"
        assert (p.snapshot(), site.handed) == (before, [])


@pytest.mark.rule("PAGE-7")
@pytest.mark.slow
def test_no_request_of_an_administrator_leaves_the_crm_damaged() -> None:
    """Even with every right and token, only what the page offers happens; the laws hold after each."""
    with TestCrm.classic() as p:
        p.leads(3, activities=1)
        site = Site(p)
        token = site.page._safety.token(p.administrator)
        for number in range(ROUNDS // 4):
            environ = _request(Random(-number - 1), token, p.administrator)
            _, status, _ = run_wsgi_app(site.page, environ, buffered=True)
            assert int(status.split()[0]) in STATUSES, f"request {-number - 1}: {status}"
            if number % 50 == 0:
                p.check()
