"""One script, three stores: what they hold in the end is told by the same bytes."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given, note

from crmcore import Crm, CrmError, UserId
from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.document import dump_crm
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.application.images import image_of
from crmcore.domain.model.image import CrmImage
from crmcore.domain.protocol.commands import Command
from crmcore.ports.store import Store
from crmcore.testing.contracts.base import all_versions
from crmcore.testing.personas import ADMIN, roles_of_personas
from crmcore.testing.strategies import command_sequences, crm_images
from tests.building import NOW
from tests.property.effort import examples
from tests.sql.servers import Portals, make_schema

Script = list[tuple[UserId, Command[Any]]]


@pytest.fixture(scope="module")
def databases(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Portals]]:
    path: Path = tmp_path_factory.mktemp("same") / "crm.db"
    path.touch()
    schema = f"same_export_{os.getpid()}"
    make_schema(postgres_url, schema)
    found = {
        "SQLite": Portals(f"sqlite:///{path}"),
        "PostgreSQL": Portals(postgres_url, schema),
    }
    yield found
    for portals in found.values():
        portals.close()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())


@pytest.mark.rule("SWITCH-11", "CONV-6", "CONV-8", "IMPORT-1")
@examples(1)
@given(image=crm_images(match=None), script=command_sequences())
def test_the_same_script_gives_the_same_document_and_the_same_answers(
    databases: dict[str, Portals], image: CrmImage, script: Script
) -> None:
    """Answers, records, versions and outcomes are those of the store in memory, and so is the canonical export."""
    expected = _played(InMemoryStore(image), script)
    for name, portals in databases.items():
        note(name)
        assert _played(portals.store(image), script) == expected


def _played(store: Store, script: Script) -> tuple[list[Any], str, Any]:
    """What the commands answer, what is there after them and a switch, and the versions of all records."""
    crm = Crm(store=store, permissions=roles_of_personas(), plan=FixedPlan(), clock=FixedClock(NOW))
    answers = [_answer(crm, actor, command) for actor, command in script]
    crm.cancel_switch(ADMIN)
    report = crm.switch_to_simple(ADMIN, key="the end", chunk=2)
    return [*answers, report], dump_crm(image_of(store)), all_versions(store)


def _answer(crm: Crm, actor: UserId, command: Command[Any]) -> Any:
    try:
        return crm.run(actor, command)
    except CrmError as error:
        return repr(error)
