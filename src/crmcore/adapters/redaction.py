"""Addresses of databases without their secrets, wherever they appear (DATA-2).

This is an allow-list: of a login only the user is shown, and of the options only those known to be harmless. If an
address can be read in two ways, everything that could be a secret in either is hidden. The module needs no extra, and
raises nothing: a mistyped address is shown too.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote_plus

__all__ = ["HIDDEN", "is_secret", "redacted", "redacted_in"]

#: What stands in the place of a secret.
HIDDEN = "***"

#: The options whose values may be shown; any other may be a secret, also one that is mistyped.
_HARMLESS = frozenset(
    {
        "application_name",
        "channel_binding",
        "client_encoding",
        "connect_timeout",
        "dbname",
        "gssencmode",
        "host",
        "hostaddr",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "load_balance_hosts",
        "mode",
        "port",
        "sslmode",
        "sslnegotiation",
        "target_session_attrs",
        "tcp_user_timeout",
        "uri",
        "user",
    }
)
_SAFE = re.compile(r"[\w./,:~+-]*")
#: An address that was taken for a path has one of its slashes left; a drive of Windows has one letter.
_SCHEME = re.compile(r"[A-Za-z][\w+.-]*://|[A-Za-z][\w+.-]+:/")
#: The hosts of an address with their ports; what else stands behind a colon may be a password without its host.
_HOSTS = re.compile(r"(\[[^\]/]*\]|[^:/\[\]]*)(:\d{1,5})?(,(\[[^\]/]*\]|[^:/\[\],]*)(:\d{1,5})?)*")
#: Names of options that hold a secret.
_SECRET = re.compile("pass|pwd|secret|token", re.IGNORECASE)
#: A secret by its name, as in the other form of addresses: `host=... password=...`.
_NAMED = re.compile(r"(?i)([\w.%-]*(?:pass|pwd|secret|token)[\w.%-]*\s*=)(?!\*\*\*(?:[&;\s]|$)).*", re.DOTALL)
#: Addresses inside a text, up to a blank.
_ADDRESS = re.compile(rf"(?:{_SCHEME.pattern})\S+")


def redacted(address: str) -> str:
    """The address with `***` for the password and for every option that may be a secret."""
    scheme = _SCHEME.match(address)
    start = scheme.end() if scheme else 0
    rest = address[start:]
    head, mark, query = rest.partition("?")
    if rest.startswith("/") or (scheme is None and "@" not in rest):
        shown = head  # a file, or a socket: there is no login
    elif "@" in query and ":" in head:
        # Either a question mark in the password, or an at-sign in an option.
        return address[:start] + _login(head.partition("@")[0]) + f"@{HIDDEN}"
    elif "@" in head:
        login, _, place = head.rpartition("@")
        shown = f"{_login(login)}@{place}"
    else:
        shown = head if _HOSTS.fullmatch(head.partition("/")[0]) else _login(head)
    options = mark + "".join(_option(each) for each in re.split("([&;])", query))
    return address[:start] + _NAMED.sub(rf"\1{HIDDEN}", shown) + options


def _login(text: str) -> str:
    """A user with a password; a user alone has nothing to hide."""
    user, colon, _ = text.partition(":")
    return f"{user}:{HIDDEN}" if colon else user


def _option(text: str) -> str:
    """One option of a query, or the mark between two."""
    name, equals, value = text.partition("=")
    if text in ("", "&", ";"):
        return text
    if not equals:
        return HIDDEN
    known = unquote_plus(name).strip().lower() in _HARMLESS and _SAFE.fullmatch(unquote_plus(value))
    return text if known else f"{name}={HIDDEN}"


def is_secret(option: str) -> bool:
    """Whether an option of an address holds a secret, by its name."""
    return _SECRET.search(option) is not None


def redacted_in(text: str, typed: Iterable[str] = ()) -> str:
    """A text with every address in it as it may be shown; `typed` are words that may be addresses, blanks and all."""
    for word in sorted({word for word in typed if redacted(word) != word}, key=len, reverse=True):
        text = text.replace(word, redacted(word))
    return _ADDRESS.sub(lambda found: redacted(found[0]), text)
