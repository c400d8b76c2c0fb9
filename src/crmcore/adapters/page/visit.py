"""One request of one person to one of the two pages, and the ways to answer it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from werkzeug.exceptions import BadRequest, UnsupportedMediaType
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from crmcore.adapters.page.safety import Safety
from crmcore.adapters.page.shown import name_of_pipeline
from crmcore.adapters.words import Language
from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.ids import UserId
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.model.policy import OptionPage

__all__ = ["Asked", "Visit"]

_TEMPLATES = Environment(
    loader=PackageLoader("crmcore.adapters.page"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["pipeline_called"] = name_of_pipeline

#: Where the parts of each page are.
_BASES = {OptionPage.WEB: "/crm", OptionPage.APP: "/m/crm"}

#: What a refusal is in HTTP; everything else is a conflict with what is stored.
_STATUS = {Reason.NOT_PERMITTED: 403, Reason.UNKNOWN_RECORD: 404}


class Asked(Request):
    """A request whose body cannot fill the memory."""

    max_content_length = 1 << 16
    max_form_memory_size = 1 << 16
    max_form_parts = 50


class Visit:
    """Who asks, on which of the two pages, and in which language.

    `person` is `None` where nobody is signed in, which only an error page can see.
    """

    def __init__(
        self, request: Request, page: OptionPage, person: UserId | None, safety: Safety, language: Language
    ) -> None:
        self.request = request
        self.page = page
        self.words = language
        self._person = person
        self._safety = safety

    @property
    def person(self) -> UserId:
        """The person who asks."""
        assert self._person is not None  # nobody gets this far
        return self._person

    @property
    def is_known(self) -> bool:
        """Whether somebody is signed in."""
        return self._person is not None

    @property
    def query(self) -> Mapping[str, str]:
        """What the address asks for."""
        try:
            return self.request.args
        except UnicodeDecodeError:  # an address of other bytes than those of ASCII
            raise_alone(BadRequest())

    def form(self) -> Mapping[str, str]:
        """The fields of a form; raises `FormsExpired` for one that is not ours."""
        # The forms of the page carry no files, so nothing else is parsed.
        if self.request.mimetype != "application/x-www-form-urlencoded":
            raise UnsupportedMediaType
        self._safety.check_form(self.person, self.request.form.get("token"))
        return self.request.form

    def url(self, path: str = "/mode", **query: object) -> str:
        """The address of a part of this page, below the prefix of the host."""
        asked = urlencode({name: value for name, value in query.items() if value is not None})
        return f"{self._base}{path}{'?' if asked else ''}{asked}"

    @property
    def _base(self) -> str:
        return self.request.root_path.rstrip("/") + _BASES[self.page]

    @property
    def other_page(self) -> OptionPage:
        """The page that this one is not."""
        return OptionPage.WEB if self.page is OptionPage.APP else OptionPage.APP

    def other_url(self) -> str:
        """The mode on the other page."""
        return f"{self.request.root_path.rstrip('/')}{_BASES[self.other_page]}/mode"

    def is_at(self, path: str) -> bool:
        """Whether this part, or one below it, is asked for."""
        here = f"{self.request.root_path.rstrip('/')}{self.request.path}".removeprefix(self._base)
        return here == path or here.startswith(f"{path}/")

    def see(self, path: str = "/mode") -> Response:
        """Send the browser to another part with GET, so that a reload repeats nothing."""
        return redirect(self.url(path), 303)

    def fragment(self, template: str, **values: Any) -> str:
        """A template of this page as text."""
        return _TEMPLATES.get_template(f"{template}.html").render(
            visit=self,
            page=self.page,
            layout=f"{self.page}.html",
            url=self.url,
            words=self.words,
            token=self._safety.token(self.person) if self.is_known else None,
            **values,
        )

    def show(self, template: str, status: int = 200, **values: Any) -> Response:
        """Answer with a template of this page."""
        return Response(self.fragment(template, **values), status, mimetype="text/html")

    def tell(
        self, status: int, state: str, title: str, *texts: str, waiting: bool = False, back: str = "/mode"
    ) -> Response:
        """Answer with a message and a way `back`, nothing else; `waiting` pages ask again by themselves."""
        back_url = self.url(back) if self.is_known else None
        return self.show("told", status, state=state, title=title, texts=texts, waiting=waiting, back=back_url)

    def refuse(self, refused: Refused, back: str = "/mode") -> Response:
        """Tell a person that the CRM says no, and why, with a way `back`."""
        texts = [self.words.refusal(refused)]
        if refused.reason is Reason.NOT_PERMITTED:
            texts.append(self.words.whole.who_can_help)
        return self.tell(_STATUS.get(refused.reason, 409), "refused", self.words.requests.title, *texts, back=back)

    def reject(self, error: InvalidValue) -> Response:
        """Tell a person that the request asks for something that is not offered."""
        label = getattr(getattr(self.words.pages[self.page], error.field, None), "label", None)
        if label is None:
            texts = [self.words.errors.invalid_value, str(error)]
        else:
            texts = [self.words.requests.wrong_choice(label=label)]
        return self.tell(400, "rejected", self.words.requests.title, *texts)
