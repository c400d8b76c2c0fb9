"""The three options of a switch, as one immutable policy (POLICY-1 to POLICY-6)."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from attrs import evolve, fields, frozen

from crmcore.domain.model.ids import DEFAULT_PIPELINE, Kind, PipelineId, StageCode
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.text import Shown, check_id, check_type

__all__ = [
    "DEFAULT_POLICY",
    "OPTION_PAGES",
    "ClientChoice",
    "ConversionTerms",
    "MatchSetting",
    "ModeSwitchPolicy",
    "OptionPage",
    "options_asked",
]


class ClientChoice(StrEnum):
    """Which client a conversion creates; "neither" cannot be expressed (POLICY-1)."""

    CONTACT = "contact"
    COMPANY = "company"
    BOTH = "both"

    @property
    def wants_contact(self) -> bool:
        """Whether a contact is created."""
        return self is not ClientChoice.COMPANY

    @property
    def wants_company(self) -> bool:
        """Whether a company is created."""
        return self is not ClientChoice.CONTACT


class MatchSetting(StrEnum):
    """Whether a conversion looks for an existing client by e-mail: a setting of the CRM, no fourth option (CONV-7)."""

    NONE = "none"
    EMAIL = "email"


@frozen(kw_only=True, repr=False, eq=False)
class ModeSwitchPolicy(Shown):
    """How active leads are converted: client, pipeline, and what happens to open activities.

    `client` is a `ClientChoice`. `pipeline_id` is the id of a deal pipeline; `None` is the default one (POLICY-2).
    `keep_activities` says whether open activities stay open; otherwise they are completed (POLICY-3). Raises
    `InvalidValue` for anything that is not one of the offered choices.

    >>> ModeSwitchPolicy(client=ClientChoice.BOTH, keep_activities=False)
    ModeSwitchPolicy(client=<ClientChoice.BOTH: 'both'>, pipeline_id=None, keep_activities=False)
    """

    client: ClientChoice = ClientChoice.CONTACT
    pipeline_id: PipelineId | None = None
    keep_activities: bool = True

    def __attrs_post_init__(self) -> None:
        check_type("ModeSwitchPolicy.client", self.client, ClientChoice)
        check_type("ModeSwitchPolicy.keep_activities", self.keep_activities, bool)
        if self.pipeline_id is not None:
            check_id("ModeSwitchPolicy.pipeline_id", self.pipeline_id, lowest=DEFAULT_PIPELINE)

    @property
    def pipeline(self) -> PipelineId:
        """The pipeline in which deals are created."""
        return DEFAULT_PIPELINE if self.pipeline_id is None else self.pipeline_id


DEFAULT_POLICY = ModeSwitchPolicy()


@frozen(kw_only=True, repr=False, eq=False)
class ConversionTerms(Shown):
    """A policy settled against one CRM: everything that a conversion needs besides the lead (SWITCH-4).

    A switch freezes its terms when it begins, so that renaming, archiving or a new setting cannot split it in two.
    """

    client: ClientChoice
    pipeline_id: PipelineId
    deal_stage: StageCode
    lead_stage: StageCode
    keep_activities: bool
    match: MatchSetting

    def are_of(self, policy: ModeSwitchPolicy) -> bool:
        """Whether these terms come from this policy, which need not name the default pipeline (POLICY-2, SWITCH-10)."""
        return self.policy == evolve(policy, pipeline_id=policy.pipeline)

    @property
    def kinds_to_match(self) -> frozenset[Kind]:
        """Which kinds of clients are looked up by e-mail before they are created (CONV-7)."""
        if self.match is MatchSetting.NONE:
            return frozenset()
        wanted = {Kind.CONTACT: self.client.wants_contact, Kind.COMPANY: self.client.wants_company}
        return frozenset(kind for kind, yes in wanted.items() if yes)

    @property
    def policy(self) -> ModeSwitchPolicy:
        """The policy with its pipeline named."""
        return ModeSwitchPolicy(**{each.name: getattr(self, each.name) for each in fields(ModeSwitchPolicy)})


class OptionPage(StrEnum):
    """The two pages on which the product asks for the options of a switch (S10, POLICY-5)."""

    WEB = "web"
    APP = "app"


#: Which options each page asks for, in its order: the same options with the same effect (POLICY-5).
OPTION_PAGES: Mapping[OptionPage, tuple[str, ...]] = MappingProxyType(
    {
        OptionPage.WEB: ("client", "pipeline_id", "keep_activities"),
        OptionPage.APP: ("pipeline_id", "client", "keep_activities"),
    }
)


def options_asked(page: OptionPage, pipelines: Iterable[Pipeline]) -> tuple[str, ...]:
    """Which options a page asks for, in its order (POLICY-5): the pipeline only if there is more than one.

    `page` is an `OptionPage`, `pipelines` are those of the CRM; an archived one cannot be chosen and does not count.

    >>> from crmcore import default_pipeline
    >>> options_asked(OptionPage.APP, [default_pipeline()])
    ('client', 'keep_activities')
    """
    choice = sum(not pipeline.archived for pipeline in pipelines) > 1
    return tuple(option for option in OPTION_PAGES[page] if choice or option != "pipeline_id")
