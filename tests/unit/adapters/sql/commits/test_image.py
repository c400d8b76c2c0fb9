"""A whole CRM as a new portal: everything is there once, in its first version, and the next ids are above."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import Connection

from crmcore import CrmMode, Epoch, Kind, Lead, LeadId, Tombstone, image_of
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.sql.commits.image import load_portal
from crmcore.adapters.sql.connection.engines import dialect_of, engine_for
from crmcore.adapters.sql.rows.leads import bare
from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query
from crmcore.testing.contracts.seeds import SEEDS, busy_crm
from tests.sql.servers import lay_tables
from tests.unit.adapters.sql.pairs import keys_in, paired, state_of


@pytest.mark.rule("DATA-1")
@pytest.mark.parametrize("seed", SEEDS)
def test_a_portal_has_all_of_the_image_in_the_first_version(tmp_path: Path, seed: str) -> None:
    """Records, keys, numbers and ids are those of the store in memory."""
    image = SEEDS[seed]()
    pair = paired(tmp_path / "crm.db", image)
    keys = Query(match_keys=keys_in(image))
    assert pair.sql.snapshot(keys) == pair.memory.snapshot(keys)
    assert state_of(pair.sql) == state_of(pair.memory)
    assert image_of(pair.sql) == image
    pair.sql.close()


def test_the_numbers_of_each_switch_are_counted(tmp_path: Path) -> None:
    """Equal outcomes of one epoch are one number."""
    image = busy_crm()
    epochs = {Epoch(2), Epoch(5), Epoch(7)}
    twice = evolve(image, outcomes={**image.outcomes, (Epoch(2), LeadId(3)): image.outcomes[Epoch(2), LeadId(1)]})
    with paired(tmp_path / "crm.db", twice).sql as store:
        for epoch in epochs:
            expected = InMemoryStore(twice).snapshot(Query(tally=epoch)).tally
            assert store.snapshot(Query(tally=epoch)).tally == expected
        assert max(store.snapshot(Query(tally=Epoch(2))).tally.values()) == 2
        # A later commit adds to the row that is there.
        read = store.snapshot(Query()).read
        store.commit(Changes(expects=read, outcomes={LeadId(10): image.outcomes[Epoch(7), LeadId(8)]}))
        with store.reading() as tx:
            assert tx.rows("SELECT number FROM crm_tally WHERE epoch = 7 AND outcome LIKE '%closed%'", ()) == [(3,)]


class Rows:
    """Leads as a host keeps them: what was written last."""

    def __init__(self) -> None:
        self.written: Mapping[LeadId, Any] = {}

    def read(self, connection: Connection, ids: Collection[LeadId]) -> Mapping[LeadId, Lead]:
        return {id: lead for id, lead in self.written.items() if id in ids and isinstance(lead, Lead)}

    def write(self, connection: Connection, leads: Mapping[LeadId, Lead | Tombstone]) -> None:
        assert not connection.closed
        self.written = leads


def _loaded(path: Path, *images: CrmImage, **options: Any) -> tuple[list[int], list[tuple[Any, ...]], SqlStore]:
    """Portals in one file: their numbers, their rows without what the images say, and a store of the last."""
    url = f"sqlite:///{path}"
    lay_tables(url)
    engine = engine_for(url)
    with engine.begin() as connection:
        portals = [
            load_portal(connection, dialect_of(engine), f"portal {number}", image, **options)
            for number, image in enumerate(images)
        ]
        columns = "id, name, mode, epoch, settings_version, stages_version, has_classic, keeps_events, own_leads"
        rows = [tuple(row) for row in connection.exec_driver_sql(f"SELECT {columns} FROM crm_portal ORDER BY id")]
    engine.dispose()
    return portals, rows, SqlStore(lambda: engine_for(url), portals[-1], leads=options.get("leads"))


def test_each_portal_has_a_number_and_a_name_of_its_own(tmp_path: Path) -> None:
    """They begin with no events, in the plan that has Classic."""
    portals, rows, store = _loaded(tmp_path / "crm.db", new_crm(), busy_crm())
    assert portals == [1, 2]
    assert rows == [
        (1, "portal 0", int(CrmMode.SIMPLE), 1, 1, 1, 1, 0, 0),
        (2, "portal 1", int(CrmMode.CLASSIC), 7, 1, 1, 1, 0, 0),
    ]
    assert image_of(store) == busy_crm()
    store.close()


def test_a_portal_keeps_events_where_it_is_asked_to(tmp_path: Path) -> None:
    """From the beginning."""
    _, rows, store = _loaded(tmp_path / "crm.db", busy_crm(), events=True)
    assert rows == [(1, "portal 0", int(CrmMode.CLASSIC), 7, 1, 1, 1, 1, 0)]
    assert store.snapshot(Query()).keeps_events
    store.close()


def test_leads_of_a_host_are_in_its_rows_and_what_decides_in_the_portal(tmp_path: Path) -> None:
    """The portal says that they are elsewhere; a store that knows where reads them whole."""
    host, image = Rows(), busy_crm()
    portals, rows, store = _loaded(tmp_path / "crm.db", image, leads=host)
    assert rows == [(1, "portal 0", int(CrmMode.CLASSIC), 7, 1, 1, 1, 0, 1)]
    assert host.written == image.leads
    assert image_of(store) == image
    store.close()
    with SqlStore(store.make_engine, portals[0]) as alone:
        assert {each.id: each.record for each in alone.page(Kind.LEAD)} == bare(image.leads)
