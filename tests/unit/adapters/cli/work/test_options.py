"""The options that commands share."""

from pathlib import Path

import pytest

from crmcore.adapters.cli.work.options import NO_OPTIONS, Options, StoreOptions


@pytest.mark.rule("DATA-2")
def test_options_show_nothing_of_an_address() -> None:
    """It may have a password in it."""
    address = "postgresql://me:secret@host/crm"
    assert "secret" not in repr(Options(store=address))
    assert "secret" not in repr(StoreOptions(store=address))


def test_what_is_not_given_has_one_default() -> None:
    """The same place, whether the store is required or may be named."""
    place = StoreOptions(store="crm.db").place
    assert Options(store="crm.db").place == place
    assert (place.portal, place.actor, place.schema) == ("main", 1, None)
    named = StoreOptions(store="crm.db", portal="p", actor=7, schema="s").place
    assert (named.portal, named.actor, named.schema) == ("p", 7, "s")
    assert NO_OPTIONS.place is None


@pytest.mark.parametrize(
    "options, file, option",
    [
        (NO_OPTIONS, None, "LEADS"),
        (Options(store="crm.db"), Path("leads.csv"), "--store"),
        (Options(portal="p"), Path("leads.csv"), "--portal"),
        (Options(actor=1), Path("leads.csv"), "--actor"),
        (Options(schema="s"), Path("leads.csv"), "--schema"),
        (Options(store="crm.db"), None, "--out"),
    ],
)
def test_options_that_exclude_each_other_are_named(options: Options, file: Path | None, option: str) -> None:
    """The first that is wrong."""
    wrong = options.contradiction("LEADS", file, ["--out"])
    assert wrong is not None
    assert wrong[1] == option


def test_a_file_alone_and_a_store_alone_are_right() -> None:
    """Nothing to say."""
    assert NO_OPTIONS.contradiction("LEADS", Path("leads.csv"), ["--out"]) is None
    assert Options(store="crm.db", portal="p").contradiction("LEADS", None) is None
