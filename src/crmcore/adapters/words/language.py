"""One language of the page: every text of it, and how it writes numbers and dates."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from attrs import frozen

from crmcore.adapters.words import sections
from crmcore.adapters.words.formats import Dates, Numbers
from crmcore.adapters.words.plurals import Plurals
from crmcore.domain.model.errors import CrmError
from crmcore.domain.model.outcomes import OutcomeKind, Reason, Refused
from crmcore.domain.model.policy import ClientChoice, MatchSetting, OptionPage
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.model.text import Discreet
from crmcore.domain.model.values import PointKind

__all__ = ["Language"]

_INNER_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


@frozen(kw_only=True, repr=False, eq=False)
class Language(Discreet):
    """Every text of the page in one language, under the names of the sections of its file.

    `code` is the language for the `lang` of a page (BCP 47), `name` what the language calls itself, `direction` "ltr"
    or "rtl".

    >>> from crmcore.adapters.words import language
    >>> italian = language("it")
    >>> italian.number(10_000_000), italian.staying.active_leads(n=1), italian.staying.active_leads(n=2)
    ('10.000.000', '1 lead attivo', '2 lead attivi')
    """

    _shown: ClassVar = ("code",)

    code: str
    name: str
    direction: Literal["ltr", "rtl"]
    plurals: Plurals
    numbers: Numbers
    dates: Dates
    durations: sections.Durations
    pages: Mapping[OptionPage, sections.OptionsPage]
    modes: Mapping[CrmMode, sections.ModeTexts]
    clients: Mapping[ClientChoice, str]
    match: Mapping[MatchSetting, str]
    whole: sections.Whole
    buttons: sections.Buttons
    staying: sections.Staying
    plan: sections.Plan
    switching: sections.Switching
    blocked: sections.Blocked
    ended: sections.Ended
    unavailable: sections.Unavailable
    totals: Annotated[Mapping[str, str], sections.TOTALS]
    outcomes: Mapping[OutcomeKind, str]
    kinds: Annotated[Mapping[str, sections.KindTexts], sections.KINDS]
    fields: Annotated[Mapping[str, str], sections.FIELDS]
    points: Mapping[PointKind, str]
    meanings: Mapping[StageSemantics, str]
    lists: sections.Lists
    switches: sections.Switches
    refusals: Mapping[Reason, str]
    rules: Annotated[Mapping[str, str], sections.RULES]
    errors: sections.Errors
    requests: sections.Requests

    def number(self, number: int | Decimal) -> str:
        """The number with all its digits, grouped as the language does."""
        return self.numbers.shown(number)

    def date(self, when: date) -> str:
        """A day, or an instant with its zone."""
        return self.dates.shown(when)

    def duration(self, seconds: int) -> str:
        """About how long: in seconds below a minute, in minutes below two hours, and in hours; rounded up."""
        if seconds < 60:
            return self.durations.seconds(n=seconds)
        if seconds < 7200:
            return self.durations.minutes(n=-(-seconds // 60))
        return self.durations.hours(n=-(-seconds // 3600))

    def refusal(self, refused: Refused) -> str:
        """Why something was refused: by the narrower rule, where it has a text of its own."""
        return self.rules.get(refused.rule) or self.refusals[refused.reason]

    def error(self, error: CrmError) -> str:
        """What an error means for people: the text of its class, or of the nearest base class that has one."""
        names = (_INNER_CAPITAL.sub("_", cls.__name__).lower() for cls in type(error).__mro__)
        return next(str(getattr(self.errors, name)) for name in names if hasattr(self.errors, name))

    def cause(self, code: str) -> str:
        """Why a lead was set aside; an unknown code is named."""
        return self.blocked.causes.get(code) or self.blocked.other_cause(code=code)
