"""`mode_page`: the page as a WSGI application, which a host mounts under a prefix and behind a login of its own."""

from collections.abc import Callable, Collection, Iterable
from functools import partial
from importlib.resources import files
from typing import Any

from werkzeug.exceptions import HTTPException, NotFound, Unauthorized
from werkzeug.routing import Map, Rule, Submount
from werkzeug.wrappers import Request, Response

from crmcore.adapters.page.mode import ModeViews
from crmcore.adapters.page.records import RecordViews
from crmcore.adapters.page.safety import FormsExpired, Safety
from crmcore.adapters.page.visit import Asked, Visit
from crmcore.adapters.page.work import Run, ThreadWork, Working
from crmcore.adapters.words import Language
from crmcore.adapters.words import language as language_of
from crmcore.application.crm import Crm
from crmcore.domain.model.errors import ContractBroken, CrmError, InvalidValue, StoreError, raise_alone
from crmcore.domain.model.ids import UserId
from crmcore.domain.model.policy import OptionPage
from crmcore.domain.model.text import ID_LIMIT, check_id

__all__ = ["USED_LINK", "ModePage", "mode_page"]

#: What a server of its own says of a request whose one-time link has been used.
USED_LINK = "crmcore.used_link"

_READ = ["GET", "HEAD"]
_WRITE = ["POST"]


def _rules() -> Iterable[Rule]:
    yield Rule("/mode", endpoint="mode.mode", methods=_READ)
    yield Rule("/mode/progress", endpoint="mode.progress", methods=_READ)
    yield Rule("/mode/preview", endpoint="mode.preview", methods=_READ)
    yield Rule("/mode/simple", endpoint="mode.simple", methods=_WRITE)
    yield Rule("/mode/classic", endpoint="mode.classic", methods=_WRITE)
    yield Rule("/mode/continue", endpoint="mode.resume", methods=_WRITE)
    yield Rule("/mode/retry", endpoint="mode.retry", methods=_WRITE)
    yield Rule("/mode/stop", endpoint="mode.stop", methods=_WRITE)
    yield Rule("/mode/cancel", endpoint="mode.ask_cancel", methods=_READ)
    yield Rule("/mode/cancel", endpoint="mode.cancel", methods=_WRITE)
    yield Rule("/records/<kind>", endpoint="records.many", methods=_READ)
    yield Rule(f"/records/<kind>/<int(min=1,max={ID_LIMIT}):id>", endpoint="records.one", methods=_READ)
    yield Rule("/switches", endpoint="records.switches", methods=_READ)
    yield Rule(f"/switches/<int(min=1,max={ID_LIMIT}):epoch>", endpoint="records.switch", methods=_READ)
    yield Rule("/page/<name>", endpoint="file", methods=_READ)


_ADDRESSES = Map(
    [Submount("/crm", list(_rules())), Submount("/m/crm", list(_rules()))], redirect_defaults=False, merge_slashes=False
)
_FILES = {"page.css": "text/css", "page.js": "text/javascript"}


class ModePage:
    """The page of one CRM; a WSGI application, made by `mode_page`."""

    def __init__(
        self, crm: Crm, who: Callable[[dict[str, Any]], UserId | None], safety: Safety, run: Run, language: Language
    ) -> None:
        self._who = who
        self._safety = safety
        self._language = language
        self._working = Working(run)
        self._views = {"mode": ModeViews(crm, self._working), "records": RecordViews(crm)}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        return self._safety.close(self._answer(Asked(environ)))(environ, start_response)

    def stop(self) -> None:
        """Stop the work of this process; a live switch stays live."""
        self._working.stop()

    def _answer(self, request: Request) -> Response:
        page = OptionPage.APP if request.path.startswith("/m/") else OptionPage.WEB
        visit = partial(Visit, request, page, safety=self._safety, language=self._language)
        person = None
        try:
            self._safety.check_place(request)
            endpoint, values = _ADDRESSES.bind_to_environ(request.environ).match()
            if endpoint == "file":
                return _file(values["name"])
            person = self._person(request)
            view, _, name = endpoint.partition(".")
            answer: Response = getattr(self._views[view], name)(visit(person=person), **values)
        except HTTPException as error:
            return _told(visit(person=person), error)
        except InvalidValue as error:
            return visit(person=person).reject(error)
        except CrmError as error:
            return _failed(visit(person=person), error)
        return answer

    def _person(self, request: Request) -> UserId:
        person = self._who(request.environ)
        if person is None:
            raise Unauthorized
        try:
            check_id("who", person)
        except InvalidValue as error:
            raise_alone(ContractBroken("PAGE-6", f"{error}; the host says who asks"))
        return person


def mode_page(
    crm: Crm,
    *,
    who: Callable[[dict[str, Any]], UserId | None],
    secret: str,
    hosts: Collection[str],
    run: Run | None = None,
    language: str | Language = "it",
) -> ModePage:
    """The page on which people choose the CRM mode, as a WSGI application (PAGE-1).

    `crm` is the CRM. `who` tells the user of a request, from its WSGI environment: the id, or `None` for nobody.
    `secret` signs the forms: a text that nobody can guess, of 16 characters or more, the same in all processes. `hosts`
    are the names under which people reach the page, as the `Host` header has them. `run` puts a switch into a worker;
    the default is a thread of this process. `language` is "it", "en", or a `Language` of the host.

    The addresses are `/crm/mode` as on the web and `/m/crm/mode` as in the app, below whatever prefix the host mounts
    it. Raises `InvalidValue` for an argument that is not allowed.

    >>> from crmcore.testing import TestCrm
    >>> p = TestCrm.classic()
    >>> page = mode_page(p.crm, who=lambda environ: p.administrator, secret="s" * 32, hosts={"crm.example.com"})
    >>> from werkzeug.test import Client
    >>> Client(page).get("/crm/mode", base_url="https://crm.example.com").status
    '200 OK'
    """
    words = language if isinstance(language, Language) else language_of(language)
    return ModePage(crm, who, Safety(secret, hosts), run or partial(ThreadWork, crm), words)


def _file(name: str) -> Response:
    if name not in _FILES:
        raise NotFound
    return Response(files("crmcore.adapters.page").joinpath("static", name).read_bytes(), mimetype=_FILES[name])


def _told(visit: Visit, error: HTTPException) -> Response:
    """A request that is not carried out, in words; whatever is wrong with a request is one of these."""
    requests, status = visit.words.requests, error.code or 400
    texts = {
        401: requests.used_link if USED_LINK in visit.request.environ else requests.not_signed_in,
        403: requests.foreign,
        404: requests.unknown_address,
        405: requests.wrong_method,
        413: requests.too_large,
    }
    text = requests.old_form if isinstance(error, FormsExpired) else texts.get(status, requests.unexpected)
    answer = visit.tell(status, "refused", requests.title, text)
    if (allowed := getattr(error, "valid_methods", None)) is not None:
        answer.headers["Allow"] = ", ".join(allowed)
    return answer


def _failed(visit: Visit, error: CrmError) -> Response:
    """The CRM does not answer; what was converted stays converted."""
    words = visit.words
    waiting = isinstance(error, StoreError) and visit.request.method != "POST"
    texts = (words.error(error), words.unavailable.kept, *([words.unavailable.waiting] if waiting else []))
    return visit.tell(503, "failed", words.unavailable.title, *texts, waiting=waiting)
