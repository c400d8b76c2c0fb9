"""The hand-written floor of the databases does all that the library does, so that the two can be compared."""

import inspect
import json
import re
from types import ModuleType

import pytest
from bench.databases import duties, floor

from crmcore.adapters.sql.rows.records import COLUMNS
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.policy import ConversionTerms, ModeSwitchPolicy
from crmcore.domain.model.schema import parts_of


@pytest.mark.parametrize("module", [floor, duties], ids=["floor", "duties"])
@pytest.mark.parametrize("kind", [Kind.DEAL, Kind.CONTACT, Kind.COMPANY])
def test_each_column_is_written(kind: Kind, module: ModuleType) -> None:
    """A floor that leaves one out is faster than anybody may be; a record that is made was not deleted."""
    text = inspect.getsource(module)
    assert [name for name in COLUMNS[kind] if name != "deleted_at" and not re.search(rf"\b{name}\b", text)] == []


def test_each_option_of_the_switch_is_written() -> None:
    """The terms and the policy are read again by the library."""
    assert list(json.loads(floor.TERMS)) == [part.name for part in parts_of(ConversionTerms)]
    assert list(json.loads(floor.POLICY)) == [part.name for part in parts_of(ModeSwitchPolicy)]
