"""The secrets of an address are never shown, wherever they stand in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url

from crmcore.adapters.redaction import HIDDEN, redacted, redacted_in

CANARY = "c4nary"

pytestmark = pytest.mark.rule("DATA-2")

#: What may be typed, and how it is shown.
TABLE = [
    (f"postgresql://me:{CANARY}@host/crm", "postgresql://me:***@host/crm"),
    (f"postgresql+psycopg://me:{CANARY}@host:5432/crm", "postgresql+psycopg://me:***@host:5432/crm"),
    (f"postgresql://:{CANARY}@host/crm", "postgresql://:***@host/crm"),
    # Characters that ought to be escaped, and work all the same.
    (f"postgresql://me:{CANARY}/{CANARY}@host/crm", "postgresql://me:***@host/crm"),
    (f"postgresql://me:{CANARY}@{CANARY}@host/crm", "postgresql://me:***@host/crm"),
    (f"postgresql://me:@{CANARY}/{CANARY}:{CANARY}@host/crm?sslmode=require", "postgresql://me:***@host/crm?sslmode=require"),
    (f"postgresql://me:{CANARY}:{CANARY}@host/crm", "postgresql://me:***@host/crm"),
    (f"postgresql://me:{CANARY}#{CANARY}@host/crm", "postgresql://me:***@host/crm"),
    (f"postgresql://me:{CANARY} {CANARY}@host/crm", "postgresql://me:***@host/crm"),
    (f"postgresql://me:{CANARY}%40{CANARY}@host/crm", "postgresql://me:***@host/crm"),
    (f"postgresql://me:{CANARY}@[::1]:5432/crm", "postgresql://me:***@[::1]:5432/crm"),
    (f"postgresql://me:{CANARY}@one:1,two:2/crm", "postgresql://me:***@one:1,two:2/crm"),
    # Read in two ways: what could be a secret in either is hidden.
    (f"postgresql://me:{CANARY}?{CANARY}@host/crm", "postgresql://me:***@***"),
    (f"postgresql://me:1?{CANARY}@host/crm", "postgresql://me:***@***"),
    (f"postgresql://me:pw@{CANARY}?{CANARY}@host/crm", "postgresql://me:***@***"),
    (f"postgresql://host:5432/crm?password=a@{CANARY}", "postgresql://host:***@***"),
    # Options.
    (f"postgresql://host/crm?password={CANARY}", "postgresql://host/crm?password=***"),
    (f"postgresql://host/crm?user=me&sslpassword={CANARY}", "postgresql://host/crm?user=me&sslpassword=***"),
    (f"postgresql://host/crm?passfile=/home/{CANARY}&port=1", "postgresql://host/crm?passfile=***&port=1"),
    (f"postgresql://host/crm?PASSWORD={CANARY}", "postgresql://host/crm?PASSWORD=***"),
    (f"postgresql://host/crm?pass%77ord={CANARY}", "postgresql://host/crm?pass%77ord=***"),
    (f"postgresql://host/crm?pasword={CANARY}", "postgresql://host/crm?pasword=***"),
    (f"postgresql://host/crm?password={CANARY}&password={CANARY}", "postgresql://host/crm?password=***&password=***"),
    (f"postgresql://host/crm?user=me;password={CANARY}", "postgresql://host/crm?user=me;password=***"),
    (f"postgresql://host/crm?user=me%26password={CANARY}", "postgresql://host/crm?user=***"),
    (f"postgresql://host/crm?{CANARY}", "postgresql://host/crm?***"),
    (f"postgresql://host/crm?password={CANARY}@{CANARY}", "postgresql://host/crm?password=***"),
    (f"postgresql://me:{CANARY}@host/crm?password={CANARY}", "postgresql://me:***@host/crm?password=***"),
    (f"postgresql:///crm?host=/tmp/pg&password={CANARY}:@{CANARY}", "postgresql:///crm?host=/tmp/pg&password=***"),
    # Mistyped: refused, and shown by what refuses it.
    (f"postgresql://me:{CANARY}/crm", "postgresql://me:***"),
    (f"postgresql:/me:{CANARY}/crm", "postgresql:/me:***"),
    (f"postgresql:/me:{CANARY}@host/crm", "postgresql:/me:***@host/crm"),
    (f"postgres//me:{CANARY}@host/crm", "postgres//me:***@host/crm"),
    (f"me:{CANARY}@host/crm", "me:***@host/crm"),
    (f"postgresql:me:{CANARY}@host/crm", "postgresql:***@host/crm"),
    (f"mysql://me:{CANARY}@host/crm", "mysql://me:***@host/crm"),
    (f"host=there user=me password={CANARY}", "host=there user=me password=***"),
    (f"host=there password = '{CANARY} {CANARY}' user=me", "host=there password =***"),
    (f"sqlite:///host=there password={CANARY}", "sqlite:///host=there password=***"),
    (f"sqlite:///crm.db?key={CANARY}", "sqlite:///crm.db?key=***"),
]  # fmt: skip

#: What has no secret is shown as it is.
PLAIN = [
    "",
    "crm.db",
    "/srv/crm.db",
    "/srv/a:b@c/crm.db",
    r"C:\crm\crm.db",
    "C:/crm/crm.db",
    "sqlite:///crm.db",
    "sqlite:////srv/a:b@c.db",
    "postgresql://host/crm",
    "postgresql://me@host:5432/crm?sslmode=require&application_name=crm",
    "postgresql://[::1]:5432/crm",
    "postgresql://one:5432,two:5433/crm",
    "postgresql:///crm?host=%2Ftmp%2Fpg",
]


@pytest.mark.parametrize("address, shown", TABLE)
def test_a_secret_is_hidden_wherever_it_stands(address: str, shown: str) -> None:
    """And what says which database it is stays."""
    assert CANARY not in redacted(address)
    assert redacted(address) == shown


@pytest.mark.parametrize("address", PLAIN)
def test_an_address_without_a_secret_is_shown_as_it_is(address: str) -> None:
    """A command line that is printed for the same place can be run again."""
    assert redacted(address) == address


@pytest.mark.parametrize("shown", [*(shown for _, shown in TABLE), *PLAIN])
def test_what_is_shown_is_shown_again(shown: str) -> None:
    """So it does no harm where two places hide the same address."""
    assert redacted(shown) == shown


PARTS = st.text(st.sampled_from("ab1:/@?&;=#%. []+-"), max_size=8)


@given(
    user=st.sampled_from(["", "me"]),
    before=PARTS,
    after=PARTS,
    host=st.sampled_from(["h", "h:1", "[::1]:1", "h/d", "h/d?user=me"]),
)
def test_no_password_of_any_characters_is_shown(user: str, before: str, after: str, host: str) -> None:
    """Whatever stands around it in the password of a login."""
    assert CANARY not in redacted(f"postgresql://{user}:{before}{CANARY}{after}@{host}")


@given(name=st.sampled_from(["password", "sslpassword", "passfile", "sslkey", "x"]), before=PARTS, after=PARTS)
def test_no_option_of_any_characters_is_shown(name: str, before: str, after: str) -> None:
    """Where the value is not cut off by a mark between two options."""
    value = f"{before}{CANARY}{after}".replace("&", "").replace(";", "")
    assert CANARY not in redacted(f"postgresql://me@host/crm?user=me&{name}={value}")


@given(address=st.text(st.sampled_from("ab1:/@?&;=#%. []+-"), max_size=30))
def test_nothing_is_raised_and_nothing_is_undone(address: str) -> None:
    """Any text can be shown, and once hidden it stays as it is."""
    for shown in (redacted(address), redacted(f"postgresql://{address}")):
        assert redacted(shown) == shown


@given(password=st.text(min_size=6, max_size=12).filter(lambda text: HIDDEN not in text and text.isprintable()))
def test_the_password_that_the_driver_reads_is_not_shown(password: str) -> None:
    """Any password, escaped as SQLAlchemy does."""
    address = make_url("postgresql://me@host/crm").set(password=password).render_as_string(hide_password=False)
    assert make_url(address).password == password
    assert redacted(address) == "postgresql://me:***@host/crm"


def test_addresses_within_a_text_are_hidden() -> None:
    """A message that repeats what was typed."""
    typed = f"postgresql://me:{CANARY} {CANARY}@host/crm"
    assert (
        redacted_in(f"unknown option --stroe {typed}!", [typed])
        == "unknown option --stroe postgresql://me:***@host/crm!"
    )
    assert (
        redacted_in(f"see sqlite:///crm.db and postgresql://me:{CANARY}@h/d")
        == "see sqlite:///crm.db and postgresql://me:***@h/d"
    )
