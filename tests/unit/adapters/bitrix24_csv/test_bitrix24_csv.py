"""The package itself: each name is loaded when it is first used."""

import pytest

from crmcore.adapters import bitrix24_csv


def test_each_name_is_there_and_no_other() -> None:
    """A mistyped name is told, as of any module."""
    assert [name for name in bitrix24_csv.__all__ if getattr(bitrix24_csv, name).__name__ != name] == []
    with pytest.raises(AttributeError) as missing:
        bitrix24_csv.read_deals  # noqa: B018  # looking it up is what fails
    assert str(missing.value) == "module 'crmcore.adapters.bitrix24_csv' has no attribute 'read_deals'"
