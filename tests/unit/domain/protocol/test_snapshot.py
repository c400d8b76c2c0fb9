"""What a decision gets: a part that is missing is named, and each field says what it means."""

import ast
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.model.errors import ContractBroken
from crmcore.domain.model.ids import Epoch
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.settings import CrmMode, Settings
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES
from crmcore.domain.protocol import changes, snapshot
from crmcore.domain.protocol.snapshot import Backlog, Snapshot
from tests.building import ADMIN, Scene

EMPTY = Snapshot(read=changes.ReadSet(epoch=Epoch(1)), settings=Settings())


@pytest.mark.parametrize("name, rule", [("stages", "STAGE-1"), ("backlog", "SWITCH-5"), ("switch", "SWITCH-10")])
def test_a_part_that_is_missing_is_named(name: str, rule: str) -> None:
    """A query that forgets to ask for it, or a store that does not bring it, ends in a typed error."""
    with pytest.raises(ContractBroken) as caught:
        getattr(EMPTY, f"the_{name}")
    what = f"a snapshot without {name}: the query did not ask for it, or the store did not read it"
    assert caught.value.args[:2] == (rule, what)


def test_a_part_that_is_there_is_given() -> None:
    """As the store brought it."""
    given = Snapshot(
        read=EMPTY.read, settings=EMPTY.settings, stages=DEFAULT_LEAD_STAGES, backlog=Backlog(active=0, set_aside=())
    )
    assert (given.the_stages, given.the_backlog) == (given.stages, given.backlog)


def test_a_store_that_forgets_the_stages_is_told_so() -> None:
    """The error names the part, where a command had failed on something that is not there."""

    class Forgetful(InMemoryStore):
        def snapshot(self, query: snapshot.Query) -> Snapshot:
            return evolve(super().snapshot(query), stages=None)

    scene = Scene(Forgetful(new_crm(CrmMode.CLASSIC)))
    with pytest.raises(ContractBroken, match="without stages"):
        scene.crm.add_lead(ADMIN, title="Forty desks")


@pytest.mark.parametrize("module", [snapshot, changes])
def test_each_field_says_what_it_means(module: Any) -> None:
    """A line in front of each field of a query, a snapshot and a change, where its author reads it."""
    text = Path(module.__file__).read_text(encoding="utf-8")
    lines = text.splitlines()
    for each in ast.parse(text).body:
        if isinstance(each, ast.ClassDef) and each.name in ("Query", "Snapshot", "ReadSet", "Changes"):
            fields = [line for line in each.body if isinstance(line, ast.AnnAssign)]
            assert [ast.unparse(field) for field in fields if "#:" not in lines[field.lineno - 2]] == []
