"""Records that are made without a check are records of the frozen class, with every field given."""

from typing import Any

import pytest
from attrs import exceptions

from crmcore.domain.model.fields import ENTITIES
from crmcore.domain.model.ledger import LedgerRow
from crmcore.domain.model.making import unchecked
from crmcore.domain.model.schema import parts_of
from crmcore.domain.model.values import Address, ContactPoint, ExternalOrigin, Money, PersonName, Utm
from tests.filled import filled

MADE = [*ENTITIES.values(), LedgerRow, Address, ContactPoint, ExternalOrigin, Money, PersonName, Utm]


@pytest.mark.parametrize("cls", MADE)
class TestUnchecked:
    """CONV-3. What is handed on whole is not looked at again, and comes out as it was."""

    def test_it_makes_the_same_record_by_name_and_in_order(self, cls: Any) -> None:
        """Of the frozen class, equal to the one that was checked."""
        record = filled(cls)
        parts = {part.name: getattr(record, part.name) for part in parts_of(cls)}
        for made in (unchecked(cls)(**parts), unchecked(cls)(*parts.values())):
            assert type(made) is cls
            assert made == record
            with pytest.raises(exceptions.FrozenInstanceError):
                setattr(made, parts_of(cls)[0].name, None)

    def test_a_field_that_is_forgotten_is_an_error(self, cls: Any) -> None:
        """Also where the class has a default for it."""
        record = filled(cls)
        parts = {part.name: getattr(record, part.name) for part in parts_of(cls)}
        for name in parts:
            with pytest.raises(TypeError, match=name):
                unchecked(cls)(**{key: value for key, value in parts.items() if key != name})
