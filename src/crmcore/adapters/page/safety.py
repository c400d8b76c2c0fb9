"""What keeps strangers out of the page: host, origin, a token in each form, and the headers of every answer."""

from collections.abc import Collection
from hashlib import sha256

from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Request, Response

from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import UserId
from crmcore.domain.model.text import check_type

__all__ = ["FormsExpired", "Safety", "signer"]

#: How long a page may stay open before its forms are refused, in seconds.
HOURS = 12 * 60 * 60

#: The shortest secret, in characters.
SHORTEST = 16

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; form-action 'self';"
        " frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: with it a browser sends `Origin: null` for a form of the page itself.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class FormsExpired(Forbidden):
    """The token of a form is missing, too old, or that of another person."""


class Safety:
    """Checks a request before anything is read from the CRM, and closes every answer.

    `secret` signs the forms, and is the same in all processes that serve one page. `hosts` are the names under which
    people reach the page, as the `Host` header has them: with the port, unless it is the usual one.
    """

    def __init__(self, secret: str, hosts: Collection[str]) -> None:
        check_type("secret", secret, str)
        if len(secret) < SHORTEST:
            raise InvalidValue("secret", f"a text of at least {SHORTEST} characters that nobody can guess")
        if isinstance(hosts, str) or not hosts:
            raise InvalidValue("hosts", "the names under which people reach the page, such as {'crm.example.com'}")
        for host in hosts:
            check_type("hosts", host, str)
        self._hosts = frozenset(host.lower() for host in hosts)
        self._forms = signer(secret, "form")

    def check_place(self, request: Request) -> None:
        """Raise `Forbidden` for a foreign host (another name that leads here), and for a form of a foreign page."""
        # Not `request.host`, which believes what an environment says besides the header.
        if request.headers.get("Host", "").lower() not in self._hosts:
            raise Forbidden
        origin = request.headers.get("Origin")
        if origin is not None and origin.lower().partition("://")[2] not in self._hosts:
            raise Forbidden
        if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site") and request.method == "POST":
            raise Forbidden

    def token(self, person: UserId) -> str:
        """What a form of this person carries."""
        return self._forms.dumps(person)

    def check_form(self, person: UserId, token: str | None) -> None:
        """Raise `FormsExpired` unless a form carries the token of this person."""
        try:
            signed = self._forms.loads(token or "", max_age=HOURS)
        except BadSignature:
            signed = None
        if signed != person:
            raise FormsExpired

    @staticmethod
    def close(response: Response) -> Response:
        """Set the headers that every answer has."""
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def signer(secret: str, use: str) -> URLSafeTimedSerializer:
    """What signs values for one use, with the time of signing."""
    return URLSafeTimedSerializer(secret, salt=f"crmcore.page.{use}", signer_kwargs={"digest_method": sha256})
