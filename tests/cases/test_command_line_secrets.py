"""No secret of an address comes out of a command line, whichever word of it the address is and whatever goes wrong."""

from __future__ import annotations

import json
import pickle
import traceback
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import event, make_url

from crmcore import CrmMode, InvalidValue, StoreError
from crmcore.adapters.cli import main
from crmcore.adapters.cli.commands.switch_file import Switched, Wanted
from crmcore.adapters.cli.work.document import Fault
from crmcore.adapters.cli.work.documents import Switch
from crmcore.adapters.cli.work.options import Options, StoreOptions
from crmcore.adapters.cli.work.session import Place
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.sql import (
    CrmOpener,
    WrongStore,
    create_portal,
    examine,
    open_store,
    opened_crms,
    portals_of,
    upgrade,
)
from crmcore.adapters.sql.connection.engines import EngineAt, engine_for
from crmcore.domain.model.image import new_crm
from crmcore.sample import leads_file
from tests.ready import CLASSIC, lay, lay_made

pytestmark = pytest.mark.rule("DATA-2")

CANARY = "c4nary"
ADDRESSES = [
    f"postgresql://me:{CANARY}@host.invalid/crm",
    f"postgresql://me:{CANARY}/{CANARY}@host.invalid/crm",
    f"postgresql://me:x@{CANARY}@host.invalid/crm",
    f"postgresql://host.invalid/crm?password={CANARY}",
    f"postgresql://me@host.invalid/crm?sslpassword={CANARY}&passfile=/{CANARY}",
    f"postgresql://me:{CANARY}/crm",
    f"postgres://me:{CANARY}@host.invalid/crm",
    f"host=host.invalid password={CANARY}",
    f"me:{CANARY}@host.invalid/crm",
]
#: Where a person may type an address, by mistake or not; `{}` is the address.
LINES = [
    ["status", "--store", "{}"],
    ["switch", "--store", "{}"],
    ["switch", "--store", "{}", "--preview"],
    ["switch", "--store", "{}", "--chunk", "none"],
    ["resume", "--store", "{}"],
    ["init", "--store", "{}", "--portal", "two words"],
    ["audit", "--store", "{}"],
    ["doctor", "--store", "{}"],
    ["db", "upgrade", "--store", "{}", "--schema", ""],
    ["export", "--store", "{}", "--out", "out"],
    ["role", "grant", "2", "manager", "--store", "{}"],
    ["status", "--stroe", "{}"],
    ["status", "--stroe={}"],
    ["status", "{}"],
    ["{}"],
    ["switch", "{}"],
    ["switch", "leads.csv", "--activities", "{}"],
    ["switch", "--store", "crm.db", "--client", "{}"],
    ["switch", "--store", "crm.db", "--pipeline", "{}"],
    ["audit", "{}"],
    ["import", "{}", "--store", "crm.db"],
    ["export", "--store", "crm.db", "--out", "{}"],
]


def _classic(url: str) -> None:
    """A CRM in which nobody has a right yet."""
    create_portal(url, image=new_crm(CrmMode.CLASSIC)).close()


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lay_made(Path("crm.db"), _classic)


@pytest.mark.parametrize("line", LINES, ids=" ".join)
@pytest.mark.parametrize("address", [ADDRESSES[at] for at in (1, 3, 5, 8)])
def test_no_command_line_prints_a_secret(line: list[str], address: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither to people nor to programs."""
    words = [word.replace("{}", address) for word in line]
    for more in ([], ["--json"]):
        main([*words, *more])
        printed = capsys.readouterr()
        # A table may break a word in two.
        assert CANARY not in "".join((printed.out + printed.err).split())
        if more and printed.out:
            json.loads(printed.out)


@pytest.mark.parametrize("line", [["export", "--store", "crm.db"], ["switch", str(leads_file())]], ids=" ".join)
def test_an_address_in_the_place_of_a_folder_is_refused(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Also where everything else is in order, so that the folder would be made and named."""
    lay(Path("crm.db"), CLASSIC)
    for address in ADDRESSES:
        assert main([*line, "--out", address, "--json"]) == 2
        printed = capsys.readouterr()
        assert json.loads(printed.out)["errors"][0]["code"] == "not_a_folder"
        assert CANARY not in printed.out + printed.err
    assert [path.name for path in Path().iterdir()] == ["crm.db"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_error_of_a_database_shows_a_secret(address: str) -> None:
    """Nor its pickle, nor the traceback with everything that it came from."""
    for use in (open_store, create_portal, upgrade, portals_of, lambda url: list(examine(url))):
        with pytest.raises((StoreError, InvalidValue)) as told:
            use(address)
        error = told.value
        said = [repr(error), str(error), repr(error.args), *traceback.format_exception(error)]
        assert CANARY not in "".join(said)
        assert CANARY.encode() not in pickle.dumps(error)


@pytest.mark.parametrize("kind", [WrongStore, *WrongStore.__subclasses__()])
def test_an_error_hides_what_its_caller_forgot_to_hide(kind: type[WrongStore]) -> None:
    """Each error about a database takes its address as it was given."""
    for address in ADDRESSES:
        error = kind(address, "x")
        assert CANARY not in repr(error) + str(error) + error.place


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_object_that_holds_an_address_shows_it(address: str) -> None:
    """Those of the command line, those that make an engine, and those that are sent to workers."""
    holders: list[object] = [
        Place(store=address),
        StoreOptions(store=address),
        Options(store=address),
        CrmOpener(address, SystemClock()),
        partial(CrmOpener(address, SystemClock())),
        Wanted(leads=Path(address)),
        Switched(Switch(errors=(Fault(code="usage", message=address, file=address),))),
        EngineAt(make_url("postgresql://h/d").set(password=CANARY).update_query_dict({"password": CANARY})),
    ]
    assert not [holder for holder in holders if CANARY in f"{holder!r}{holder}"]
    assert CANARY not in Place(store=address).line("resume")


@pytest.mark.parametrize("address", [*ADDRESSES, f"postgresql://me@host.invalid/crm?password=/{CANARY}/{CANARY}"])
def test_how_to_go_on_shows_no_secret_and_says_how_to_give_it(address: str) -> None:
    """The line alone would not come in: a password that is left out has to come from somewhere."""
    said = Place(store=address).continued("resume", "--chunk", "5")
    assert CANARY not in said
    assert said.startswith("continue with: crmcore resume --store ")
    assert "*** is not shown: type the address as before" in said
    assert "PGPASSWORD" in said


@pytest.mark.parametrize("address", ["crm.db", "sqlite:///crm.db", "postgresql://me@host.invalid/crm?sslmode=require"])
def test_how_to_go_on_is_one_line_where_nothing_is_hidden(address: str) -> None:
    """It can be run as it stands."""
    assert "***" not in Place(store=address).continued("resume")
    assert "\n" not in Place(store=address).continued("resume")


def test_an_engine_keeps_the_secrets_of_its_options_to_itself() -> None:
    """And still gives them to the driver."""
    engine = engine_for(f"postgresql://me:{CANARY}@host.invalid/crm?sslpassword={CANARY}&connect_timeout=3")
    assert CANARY not in f"{engine!r}{engine.url!r}"
    given: dict[str, object] = {}

    @event.listens_for(engine, "do_connect")
    def noted(dialect: object, record: object, args: object, options: dict[str, object]) -> None:
        given.update(options)
        raise StoreError("far enough")

    with pytest.raises(StoreError, match="far enough"):
        engine.connect()
    assert given["password"] == given["sslpassword"] == CANARY
    assert given["connect_timeout"] == "3"


def test_an_opener_opens_what_it_was_given(tmp_path: Path) -> None:
    """After a trip through pickle too, as workers get it."""
    opener = CrmOpener(f"sqlite:///{tmp_path / 'crm.db'}", SystemClock())
    with opened_crms():
        assert pickle.loads(pickle.dumps(opener))().settings().mode is CrmMode.CLASSIC
