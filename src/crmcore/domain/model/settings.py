"""The settings of a CRM: its stored mode, the live switch, and how repeats and clients are recognised."""

from enum import IntEnum, StrEnum

from attrs import frozen

from crmcore.domain.model.ids import CLIENTS, Epoch, Kind
from crmcore.domain.model.policy import ConversionTerms, MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.text import Discreet

__all__ = [
    "FIRST_EPOCH",
    "CrmMode",
    "RepeatInquiry",
    "Settings",
    "Switching",
]

FIRST_EPOCH = Epoch(1)


class CrmMode(IntEnum):
    """The two modes; the numbers are those of the product's `crm.settings.mode.get` (MODE-1)."""

    CLASSIC = 1
    SIMPLE = 2


class RepeatInquiry(StrEnum):
    """What an inquiry of a known client becomes when there are no leads (INTAKE-3)."""

    NEW_DEAL = "new_deal"
    ATTACH = "attach"


@frozen(kw_only=True, repr=False, eq=False)
class Switching(Discreet):
    """A live switch: the epoch that its steps expect, its key, and its frozen terms (SWITCH-4)."""

    epoch: Epoch
    key: str
    terms: ConversionTerms


@frozen(kw_only=True, repr=False, eq=False)
class Settings(Discreet):
    """The stored settings of one CRM; a new one is Simple (MODE-2).

    `mode` is the stored mode, `switching` the live switch, if there is one. Every change of mode makes a new `epoch`;
    other edits of the settings do not. `match` and `repeat_inquiry` are what `Crm.change_settings` changes,
    `last_policy` is that of the last switch that finished (POLICY-6).

    >>> Settings().mode
    <CrmMode.SIMPLE: 2>
    """

    mode: CrmMode = CrmMode.SIMPLE
    switching: Switching | None = None
    epoch: Epoch = FIRST_EPOCH
    match: MatchSetting = MatchSetting.NONE
    repeat_inquiry: RepeatInquiry = RepeatInquiry.NEW_DEAL
    last_policy: ModeSwitchPolicy | None = None

    @property
    def match_in_force(self) -> MatchSetting:
        """The match setting of a conversion made now: a live switch has frozen it (SWITCH-4, CONV-7)."""
        return self.match if self.switching is None else self.switching.terms.match

    @property
    def kinds_to_match(self) -> frozenset[Kind]:
        """The kinds of clients that a conversion made now may look up by e-mail."""
        if self.match_in_force is MatchSetting.NONE:
            return frozenset()
        return frozenset(CLIENTS)
