"""A write counts as a write, also where it changes nothing."""

from collections.abc import Iterator
from typing import Any

import pytest

from crmcore.domain.model.ids import RECORDS, Kind
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query
from crmcore.ports.store import Store
from crmcore.testing.contracts.base import Stores, StoreTests
from crmcore.testing.contracts.fields import read_all
from crmcore.testing.contracts.seeds import busy_crm

__all__ = ["RewriteLaws"]


class RewriteLaws(StoreTests):
    """Who writes a record has decided on it; whoever else decided on the same version must look again."""

    @pytest.mark.rule("EDIT-1")
    def test_a_record_that_is_written_unchanged_moves_its_version(self, crmcore_stores: Stores) -> None:
        """Every write of a record adds to its version, whether any field of it differs or not, for every kind."""
        seed = busy_crm()
        store = crmcore_stores(seed)
        before = read_all(store, seed)
        written: dict[str, Any] = {
            part: {id: each for id, each in getattr(seed, part).items() if not isinstance(each, Tombstone)}
            for part in RECORDS.values()
        }
        store.commit(Changes(expects=before, settings=seed.settings, stages=seed.stages, **written))
        after = read_all(store, seed).versions

        stood = [
            f"{kind} {id}"
            for kind, versions in before.versions.items()
            for id, version in versions.items()
            if (kind not in RECORDS or id in written[RECORDS[kind]]) and after[kind][id] <= version
        ]
        assert [*stood, *_standing_switches(store, seed)] == []


def _standing_switches(store: Store, seed: CrmImage) -> Iterator[str]:
    """The switches whose version is the same after their record was written as it is."""
    for key, switch in seed.switches.items():
        query = Query(switch_key=key, live_switch=switch.ended is None)
        read = store.snapshot(query).read
        store.commit(Changes(expects=read, switches={key: switch}))
        if store.snapshot(query).version(Kind.SWITCH, key) <= read.versions[Kind.SWITCH][key]:
            yield f"switch {key}"
