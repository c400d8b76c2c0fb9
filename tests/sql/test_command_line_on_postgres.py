"""The command line on PostgreSQL: one walk through all of it, and what is said where a package is missing."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crmcore.adapters.cli import main
from crmcore.sample import activities_file, leads_file
from tests.printed import printed
from tests.sql.conftest import Database


@pytest.mark.rule("SWITCH-1", "PERM-8")
def test_a_crm_goes_its_whole_way_on_a_server(
    postgres: Database, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """From its first moment to the export, in a schema of its own."""

    def run(*words: str, code: int = 0) -> dict[str, Any]:
        where = ("--store", postgres.url, "--schema", str(postgres.schema), "--json")
        assert main((*words, *where)) == code, words
        document: dict[str, Any] = printed(capsys.readouterr().out)
        return document

    assert run("doctor", code=2)["errors"][0]["code"] == "missing_store"
    assert run("init", "--mode", "classic")["administrator"] == 1
    assert run("init", code=2)["errors"][0]["code"] == "portal_exists"
    assert run("import", str(leads_file()), "--activities", str(activities_file()))["imported"]["leads"] == 30
    planned = run("switch", "--client", "both", "--preview")
    assert run("switch", "--client", "both", "--actor", "2", code=1)["refusal"]["rule"] == "PERM-1"
    done = run("switch", "--client", "both", "--chunk", "9")
    assert (done["result"], done["totals"], done["created"]) == ("switched", planned["totals"], planned["created"])
    assert run("status")["state"] == "simple"
    assert run("role", "grant", "2", "manager")["roles"][1] == {"actor": 2, "roles": ["manager"]}
    assert run("role", "revoke", "2")["roles"] == [{"actor": 1, "roles": ["administrator"]}]
    assert run("plan", "set", "without-classic")["classic"] is False
    assert run("to-classic", code=1)["refusal"]["rule"] == "PLAN-1"
    assert run("audit")["ok"]
    assert "crm.json" in run("export", "--out", str(tmp_path / "out"))["files"]
    assert run("init", "--portal", "copy")["portal"] == "copy"
    assert run("import", str(tmp_path / "out" / "crm.json"), "--portal", "copy")["imported"]["leads"] == 30
    assert run("doctor", "--laws", "--portal", "copy")["result"] == "done"
    assert run("db", "upgrade")["result"] == "no_change"


@pytest.mark.rule("DATA-2")
def test_a_server_that_is_not_there_is_a_failure_of_the_store(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 4: it may be there the next time; the password is not shown."""
    assert main(("status", "--store", "postgresql://me:secret@127.0.0.1:1/crm", "--json")) == 4
    said = capsys.readouterr()
    assert printed(said.out)["result"] == "store_failed"
    assert "secret" not in said.out + said.err


@pytest.mark.parametrize(
    "package, store, extra",
    [("sqlalchemy", "crm.db", "sql"), ("psycopg", "postgresql://host/crm", "postgres"), ("alembic", "crm.db", "sql")],
)
def test_a_missing_extra_is_named(package: str, store: str, extra: str, tmp_path: Path) -> None:
    """The message is the command that brings it; nothing is written."""
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from crmcore.adapters.cli import main\n"
        f"sys.exit(main(['init', '--store', {store!r}, '--json']))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120, cwd=tmp_path
    )
    assert ran.returncode == 2, ran.stderr
    fault = printed(ran.stdout)["errors"][0]
    assert fault["code"] == "missing_extra"
    assert f"crmcore[{extra}]" in fault["message"]
