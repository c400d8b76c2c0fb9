"""The auditor in plain SQL finds nothing in a sound CRM, and every damage that is planted.

lines: one damage for each check.
"""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore.adapters.sql import create_portal, upgrade
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.policy import ClientChoice, ModeSwitchPolicy
from crmcore.testing import ADMIN, TestCrm
from crmcore.testing.contracts.seeds import busy_crm
from crmcore.testing.strategies import crm_images, policies
from tests.property.effort import examples
from tests.ready import lay_made
from tests.survival import auditor as module
from tests.survival.auditor import CHECKS, Auditor, auditor_of, on_postgresql, on_sqlite
from tests.survival.scenario import KEY, Options, filled
from tests.survival.servers import Server

OPTIONS = Options(ClientChoice.BOTH, keep=False, match=True)
LEADS = 7
#: So many leads are converted while the switch is live.
DONE = 4

_COPY = (
    "CREATE TEMP TABLE one AS SELECT * FROM crm_{table} WHERE {where} LIMIT 1; UPDATE one SET {change};"
    " INSERT INTO crm_{table} SELECT * FROM one; DROP TABLE one"
)
_OTHER_DEAL = _COPY.format(table="deal", where="lead_id IS NOT NULL", change="id = id + 1000")
_SAME_ADDRESS = 'UPDATE crm_{} SET contact_points = \'[["email",null,"same@example.com"]]\' WHERE lead_id IS NOT NULL'

#: In the middle of a switch.
LIVE = {
    "a lead is in the ledger once": _COPY.format(table="ledger", where="lead > 0", change="deal = deal + 1000"),
    "a deal is in the ledger once": _COPY.format(table="ledger", where="lead > 0", change="lead = lead + 1000"),
    "a lead has one deal": _OTHER_DEAL,
    "a converted lead is in the ledger with its deal": "DELETE FROM crm_ledger",
    "a lead of the ledger names its deal": "UPDATE crm_lead SET deal_id = NULL",
    "a deal of the ledger exists and names its lead": "UPDATE crm_deal SET lead_id = lead_id + 1",
    "a deal of a lead is in the ledger": _OTHER_DEAL,
    "a converted lead ends in success": "UPDATE crm_lead SET semantics = 'P'",
    "a lead stands in a defined stage": "UPDATE crm_lead SET stage = 'NOWHERE'",
    "a deal stands in a stage of its pipeline": "UPDATE crm_deal SET semantics = 'F'",
    "the ledger tells amount and clients of the lead": "UPDATE crm_ledger SET amount = '0.01'",
    "a converted lead has a client": "UPDATE crm_ledger SET contact = NULL, company = NULL",
    "the contact of the ledger exists": "DELETE FROM crm_contact",
    "the company of the ledger exists": "DELETE FROM crm_company",
    "the contact of the deal exists": "DELETE FROM crm_contact",
    "the company of the deal exists": "DELETE FROM crm_company",
    "an activity of the ledger exists": "DELETE FROM crm_activity",
    "an activity of the ledger is bound to the lead": "DELETE FROM crm_binding WHERE kind = 0",
    "an activity of the ledger is bound to the deal": "DELETE FROM crm_binding WHERE kind = 1",
    "an activity of the ledger is bound to the contact": "DELETE FROM crm_binding WHERE kind = 2",
    "an activity of the ledger is bound to the company": "DELETE FROM crm_binding WHERE kind = 3",
    "an activity of a converted lead is in the ledger": "UPDATE crm_ledger SET activity_ids = '[]'",
    "what is bound is an activity": "DELETE FROM crm_activity",
    "what an activity is bound to is a lead": "DELETE FROM crm_lead",
    "what an activity is bound to is a deal": "DELETE FROM crm_deal",
    "what an activity is bound to is a contact": "DELETE FROM crm_contact",
    "what an activity is bound to is a company": "DELETE FROM crm_company",
    "where activities are not kept open, those of the ledger are completed": (
        "UPDATE crm_activity SET completed = NOT completed"
    ),
    "with matching on, a switch makes no second contact of an address": _SAME_ADDRESS.format("contact"),
    "with matching on, a switch makes no second company of an address": _SAME_ADDRESS.format("company"),
    "a contact is found by its address": "UPDATE crm_match SET held = NOT held WHERE kind = 2",
    "a company is found by its address": "UPDATE crm_match SET id = id + 1000 WHERE kind = 3",
    "a live switch is in Classic": "UPDATE crm_portal SET mode = 2",
    "the live switch is recorded, with its terms": "UPDATE crm_switch SET terms = '{}'",
    "a lead that a switch converted is in the ledger": "DELETE FROM crm_ledger",
    "a lead is converted by one switch": _COPY.format(table="outcome", where="lead > 0", change="epoch = epoch + 1"),
    "an outcome is of a switch": "UPDATE crm_outcome SET epoch = epoch + 1",
    "the numbers of a live switch add up": "UPDATE crm_switch SET at_begin = at_begin + 1",
    "the outcomes are those that were added up": "UPDATE crm_tally SET number = number + 1",
    "the contact that an outcome tells of was made, and is that of the ledger": "UPDATE crm_outcome SET contacts = 2",
    "the company that an outcome tells of was made, and is that of the ledger": (
        "UPDATE crm_ledger SET company = company + 1"
    ),
    "no lead has an id that is still to be handed out": "UPDATE crm_counter SET last = 1",
    "no deal has an id that is still to be handed out": "UPDATE crm_counter SET last = 1",
    "no contact has an id that is still to be handed out": "UPDATE crm_counter SET last = 1",
    "no company has an id that is still to be handed out": "UPDATE crm_counter SET last = 1",
    "no activity has an id that is still to be handed out": "UPDATE crm_counter SET last = 1",
}
#: After it.
ENDED = {
    "Simple means no active lead": "UPDATE crm_lead SET semantics = 'P'",
    "the mode is what the last switch left": "UPDATE crm_portal SET mode = 1",
    "a switch without an end is the live one": "UPDATE crm_switch SET ended = NULL",
    "a finished switch left nothing": "UPDATE crm_switch SET at_begin = at_begin + 1",
}
DAMAGES = [("live", *each) for each in LIVE.items()] + [("ended", *each) for each in ENDED.items()]


def image(state: str) -> CrmImage:
    """A CRM in the middle of a switch, or after it."""
    world = TestCrm.of(filled(LEADS, OPTIONS.match))
    if state == "live":
        token = world.crm.begin_switch(ADMIN, key=KEY, policy=OPTIONS.policy)
        assert isinstance(token, SwitchToken)
        world.crm.convert_chunk(token, DONE)
    else:
        world.crm.switch_to_simple(ADMIN, key=KEY, policy=OPTIONS.policy)
    return world.image()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A file of SQLite for each state."""
    folder = tmp_path_factory.mktemp("sound")
    for state in ("live", "ended"):
        create_portal(f"sqlite:///{folder / state}.db", "main", image(state)).close()
    return {state: folder / f"{state}.db" for state in ("live", "ended")}


@pytest.fixture(scope="module")
def bare(files: dict[str, Path]) -> Iterator[dict[str, sqlite3.Connection]]:
    """The same tables without keys, links and checks, so that any damage can be planted."""
    made = {state: sqlite3.connect(":memory:", isolation_level=None) for state in files}
    for state, connection in made.items():
        connection.execute("ATTACH ? AS sound", (str(files[state]),))
        for (table,) in connection.execute("SELECT name FROM sound.sqlite_schema WHERE type = 'table'").fetchall():
            connection.execute(f"CREATE TABLE {table} AS SELECT * FROM sound.{table}")
        connection.execute("DETACH sound")
    yield made
    for connection in made.values():
        connection.close()


@pytest.fixture(scope="module")
def bare_on_postgresql(server: Server) -> Iterator[dict[str, psycopg.Connection[Any]]]:
    """The same on PostgreSQL."""
    made = {}
    for state in ("live", "ended"):
        create_portal(server.url, "main", image(state), f"sound_{state}").close()
        made[state] = psycopg.connect(server.url)
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = %s"
        found = made[state].execute(tables, (f"sound_{state}",)).fetchall()
        made[state].execute(f"CREATE SCHEMA bare_{state}".encode())
        for (table,) in found:
            made[state].execute(f"CREATE TABLE bare_{state}.{table} AS TABLE sound_{state}.{table}".encode())
        made[state].execute(f"SET search_path = bare_{state}".encode())
        made[state].commit()
    yield made
    for connection in made.values():
        connection.close()


def names(auditor: Auditor, **chunks: int) -> set[str]:
    return {finding.check for finding in auditor.findings(**chunks)}  # type: ignore[arg-type]  # numbers only


@pytest.mark.rule("SWITCH-1", "SWITCH-3", "SWITCH-10", "SWITCH-13", "CONV-1", "CONV-6", "CONV-7", "CONV-9", "POLICY-4")
class TestEveryDamage:
    """What the auditor does not find wrong is right, since it finds everything that was made wrong."""

    def test_each_check_has_its_damage(self) -> None:
        """No check is there of which nobody has seen that it rejects something."""
        assert sorted(name for _, name, _ in DAMAGES) == sorted(check.name for check in CHECKS)

    @pytest.mark.parametrize("state", ["live", "ended"])
    def test_a_sound_crm_has_no_findings(
        self, files: dict[str, Path], bare: dict[str, sqlite3.Connection], state: str
    ) -> None:
        """Neither in the middle of a switch nor after it, whole chunks included; nor in the bare tables."""
        assert on_sqlite(bare[state]).findings(chunk=DONE, before=1) == []
        with auditor_of(f"sqlite:///{files[state]}") as auditor:
            assert auditor.findings(chunk=DONE, before=1) == []

    @pytest.mark.parametrize("state, check, damage", DAMAGES)
    def test_a_damage_is_found(self, bare: dict[str, sqlite3.Connection], state: str, check: str, damage: str) -> None:
        """The check that is meant finds it."""
        connection = bare[state]
        connection.execute("BEGIN")
        for statement in damage.split(";"):
            connection.execute(statement)
        found = names(on_sqlite(connection))
        connection.execute("ROLLBACK")
        assert check in found

    def test_the_statements_find_the_same_on_postgresql(
        self, bare_on_postgresql: dict[str, psycopg.Connection[Any]]
    ) -> None:
        """Each damage once more; nothing in the sound tables."""
        for connection in bare_on_postgresql.values():
            assert names(on_postgresql(connection), chunk=DONE, before=1) == set()
        for state, check, damage in DAMAGES:
            connection = bare_on_postgresql[state]
            connection.execute(damage.encode())
            found = names(on_postgresql(connection))
            connection.rollback()
            assert check in found

    @pytest.mark.parametrize(
        "damage",
        [
            "DELETE FROM crm_outcome WHERE lead = (SELECT min(lead) FROM crm_outcome)",
            "DELETE FROM crm_deal WHERE lead_id = (SELECT max(lead) FROM crm_ledger)",
            "DELETE FROM crm_ledger WHERE lead = (SELECT max(lead) FROM crm_ledger)",
        ],
    )
    def test_half_a_chunk_is_found(self, bare: dict[str, sqlite3.Connection], damage: str) -> None:
        """Where the chunk's size does not divide the number, and where the tables tell different numbers."""
        connection = bare["live"]
        assert names(on_sqlite(connection), chunk=DONE - 1, before=1) == {"no half chunk"}
        connection.execute("BEGIN")
        connection.execute(damage)
        found = names(on_sqlite(connection), chunk=DONE, before=1)
        connection.execute("ROLLBACK")
        assert "no half chunk" in found

    def test_links_and_pages_of_the_file_are_looked_at(self, files: dict[str, Path], tmp_path: Path) -> None:
        """SQLite's own checks run too."""
        damaged = tmp_path / "damaged.db"
        damaged.write_bytes(files["ended"].read_bytes())
        with closing(sqlite3.connect(damaged)) as connection, connection:
            connection.execute("DELETE FROM crm_contact")
        with auditor_of(f"sqlite:///{damaged}") as auditor:
            assert "no link leads nowhere" in names(auditor)

        with closing(sqlite3.connect(damaged)) as connection:
            page = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'crm_deal_source'").fetchone()[0]
            size = connection.execute("PRAGMA page_size").fetchone()[0]
        whole = bytearray(damaged.read_bytes())
        whole[(page - 1) * size + 8 : (page - 1) * size + 16] = bytes(8)
        damaged.write_bytes(whole)
        with auditor_of(f"sqlite:///{damaged}") as auditor:
            assert "the file is whole" in names(auditor)


@pytest.mark.rule("SWITCH-1", "SWITCH-13", "CONV-6", "CONV-7")
class TestEverySoundCrm:
    """What the auditor finds wrong is wrong, since it finds nothing in CRMs that obey the laws."""

    @examples(0.05)
    @given(image=crm_images(match=None), policy=policies(), chunk=st.integers(1, 3))
    def test_nothing_is_found_in_a_sound_crm(self, image: CrmImage, policy: ModeSwitchPolicy, chunk: int) -> None:
        """With anything in it that the commands can make, before a switch and in the middle of one."""
        world = TestCrm.of(image)
        token = world.crm.begin_switch(ADMIN, key="another", policy=policy)
        if isinstance(token, SwitchToken):
            world.crm.convert_chunk(token, chunk)
        for each in (image, world.image()):
            assert _findings(each) == []

    def test_nothing_is_found_in_a_busy_crm(self) -> None:
        """The one that the contract suites begin with, which has some of everything."""
        assert _findings(busy_crm()) == []


def _findings(image: CrmImage) -> list[Any]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "crm.db"
        lay_made(path, upgrade)
        url = f"sqlite:///{path}"
        create_portal(url, "main", image).close()
        with auditor_of(url) as auditor:
            return list(auditor.findings())


class TestTheAuditorAlone:
    """It is of use to somebody who does not trust the library, or does not have it."""

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Python without site-packages, path and environment, so that crmcore cannot be there."""
        command = [sys.executable, "-I", "-S", str(module.__file__), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    @pytest.mark.rule("SWITCH-1")
    def test_it_runs_without_the_library(self, files: dict[str, Path], tmp_path: Path) -> None:
        """Nothing wrong: 0. Something wrong: 1, and what it is."""
        sound = self.run(f"sqlite:///{files['live']}")
        assert (sound.returncode, sound.stderr) == (0, "")
        assert sound.stdout == f"{len(CHECKS)} checks, 1 portals, 0 findings\n"

        damaged = tmp_path / "damaged.db"
        damaged.write_bytes(files["ended"].read_bytes())
        with closing(sqlite3.connect(damaged)) as connection, connection:
            connection.execute("UPDATE crm_portal SET mode = 1")
        found = self.run(f"sqlite:///{damaged}")
        assert found.returncode == 1
        assert "SWITCH-3: the mode is what the last switch left: main: ('survive',)" in found.stdout

    def test_it_imports_nothing_of_the_library(self) -> None:
        """Not even where the library could be found."""
        code = "import sys, runpy; runpy.run_path(sys.argv[1]); print([n for n in sys.modules if 'crmcore' in n])"
        command = [sys.executable, "-c", code, str(module.__file__)]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"

    def test_it_can_be_asked_for_one_portal(self, server: Server, bare_on_postgresql: object) -> None:
        """What is wrong in another CRM of the same database is not told."""
        with auditor_of(server.url, "sound_live") as auditor:
            assert auditor.findings("main") == auditor.findings("unknown") == []
