"""Where the article can be read in two ways: both readings of each place, and the design of the one that was not taken.

lines: one table, an entry for each reading.
"""

from attrs import evolve, frozen

import crmcore.adapters.plans as plans
import crmcore.domain.decisions.batch as batch
import crmcore.domain.decisions.leads as leads
import crmcore.domain.model.policy as policy
import crmcore.domain.rules.authority as authority
from crmcore.application.reads import Reading
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.model.policy import DEFAULT_POLICY, ClientChoice
from crmcore.domain.protocol.commands import SwitchToClassic, TakeInquiry
from crmcore.domain.protocol.snapshot import Query
from crmcore.testing.readings import designs
from crmcore.testing.readings.seam import Replaced, Seam, Wrapped

__all__ = ["READINGS", "Ambiguity", "readings_of"]


@frozen
class Ambiguity:
    """One place of the article that can be read in two ways.

    `name` is that of the other reading, as a design; `statements` and `phrase` are the place. `taken` and `other` are
    the readings, `rules` what the taken one became. `vector` is the one that is told with both. `setting` is what gives
    the other reading without any design, where something does.
    """

    name: str
    statements: tuple[str, ...]
    phrase: str
    taken: str
    other: str
    rules: tuple[str, ...]
    vector: str
    seam: Seam
    setting: str | None = None


def _batch(other: type[batch.Batch]) -> Replaced:
    return Replaced(batch, "Batch", other)


READINGS = (
    Ambiguity(
        name="no-plan-no-classic",
        statements=("S4",),
        phrase="certain paid plans",
        taken="The host says what the plan offers; if nobody says anything, it offers Classic.",
        other="A company without a known plan has no Classic.",
        rules=("PLAN-2",),
        vector="mode.plan-not-said.add-lead.classic",
        seam=Replaced(plans, "FixedPlan", designs.PlanNotSaid),
    ),
    Ambiguity(
        name="sources-in-classic",
        statements=("S7",),
        phrase="the analysis of leads",
        taken="It counts the leads that are stored, in every state.",
        other="It belongs to Classic, and the other states have none.",
        rules=("INTAKE-5",),
        vector="mode.sources.simple",
        seam=Replaced(Reading, "sources", designs.sources_in_classic),
    ),
    Ambiguity(
        name="contact-and-company",
        statements=("S8",),
        phrase="a contact with the company",
        taken="The client option decides, and unless somebody chose, an inquiry makes a deal and a contact.",
        other="A contact and the company that the contact works for: two records.",
        rules=("POLICY-1", "INTAKE-2"),
        vector="mode.inquiry.unlicensed",
        seam=Replaced(policy, "DEFAULT_POLICY", evolve(DEFAULT_POLICY, client=ClientChoice.BOTH)),
        setting="the client option `both` of the last switch, which inquiries follow (POLICY-6)",
    ),
    Ambiguity(
        name="named-companies-only",
        statements=("S8", "S18"),
        phrase="the company",
        taken="If a company is asked for and nobody named one, it gets the title of the lead.",
        other="If nobody named a company, none is made beside the contact.",
        rules=("CONV-4",),
        vector="conversion.by-hand.no-client.person.both.keep.default",
        seam=_batch(designs.NamedCompanies),
    ),
    Ambiguity(
        name="no-lead-in-simple",
        statements=("S1", "S8"),
        phrase="no leads",
        taken="In Simple no lead is ever active; a lead that is added is stored converted, with its deal.",
        other="In Simple no lead is ever stored, and adding one is refused.",
        rules=("INTAKE-4",),
        vector="mode.add-lead.simple",
        seam=Replaced(leads, "_store", designs.no_lead_in_simple),
    ),
    Ambiguity(
        name="attach-to-the-open-deal",
        statements=("S8",),
        phrase="whatever a customer sends is a deal",
        taken="Each inquiry of a known client opens a deal, unless a setting says otherwise.",
        other="An inquiry of a client with an open deal is a part of that deal.",
        rules=("INTAKE-3",),
        vector="intake.simple.new-deal.client-by-email",
        seam=Replaced(HANDLERS, TakeInquiry, HANDLERS[TakeInquiry]._replace(decide=designs.attached)),
        setting="`repeat_inquiry` = `attach` of `Crm.change_settings`",
    ),
    Ambiguity(
        name="settings-right-alone",
        statements=("S11",),
        phrase="the right to change CRM settings",
        taken="It is required, and so is the right to add what the switch makes.",
        other="It is enough to choose a mode, whatever records that makes.",
        rules=("PERM-3",),
        vector="rights.begin.classic.settings",
        seam=Replaced(
            authority,
            "may_convert",
            designs.settings_right_alone,
            within=("crmcore.domain.decisions.switching", "crmcore.domain.decisions.preview"),
        ),
        setting="a role that has the settings right and may add deals, contacts and companies",
    ),
    Ambiguity(
        name="even-in-a-switch",
        statements=("S14",),
        phrase="at any time",
        taken="Whenever no switch is under way; a switch that is under way can be cancelled.",
        other="Even in the middle of a switch, which going to Classic then cancels.",
        rules=("SWITCH-8", "SWITCH-10"),
        vector="mode.to-classic.switching",
        seam=Replaced(
            HANDLERS,
            SwitchToClassic,
            HANDLERS[SwitchToClassic]._replace(
                query=lambda command: Query(settings=True, live_switch=True), decide=designs.to_classic_at_any_time
            ),
        ),
    ),
    Ambiguity(
        name="every-unconverted-lead",
        statements=("S16",),
        phrase="active leads",
        taken='Every lead whose stage means "in process".',
        other="Every lead that is not converted yet, closed ones included.",
        rules=("STAGE-2", "SWITCH-2"),
        vector="policy.whole.contact.keep.default",
        seam=Wrapped(designs.UnconvertedStore),
    ),
    Ambiguity(
        name="every-lead-its-client",
        statements=("S16",),
        phrase="deals and customers",
        taken="A lead whose customer is already known yields only a deal, for that customer.",
        other="Every lead yields a deal and a customer.",
        rules=("CONV-2",),
        vector="conversion.by-hand.contact.person.contact.keep.default",
        seam=_batch(designs.EveryLeadItsClient),
    ),
    Ambiguity(
        name="order-of-the-web-page",
        statements=("S17", "S18", "S19", "S20", "S22"),
        phrase="the order in which the options are asked",
        taken="Each page keeps its own order, which has no effect on what is checked or made.",
        other="The order of the web page, client before pipeline, is the order in which options are checked.",
        rules=("POLICY-5",),
        vector="rights.begin.classic.settings",
        seam=Replaced(authority, "may_convert", designs.client_first),
    ),
    Ambiguity(
        name="every-deal-its-client",
        statements=("S18",),
        phrase="for each deal",
        taken="A client for each deal that has none yet.",
        other="A new client for each deal, without exception.",
        rules=("CONV-2", "CONV-7"),
        vector="conversion.by-hand.both-clients.person.both.keep.default",
        seam=_batch(designs.EveryDealItsClient),
        setting="the match setting `none`, for clients found by an e-mail; no setting for those that the lead names",
    ),
    Ambiguity(
        name="deadlines-kept",
        statements=("S20",),
        phrase="planned",
        taken="Every open activity is planned, and stays open with the option on.",
        other="Only an activity with a deadline is planned; the others are completed even with the option on.",
        rules=("POLICY-3",),
        vector="policy.whole.contact.keep.default",
        seam=_batch(designs.DeadlinesKept),
    ),
    Ambiguity(
        name="planned-completed",
        statements=("S20", "S21"),
        phrase="planned, and all",
        taken="Off completes every open activity of whatever kind, planned or not.",
        other="The option is about planned activities: off completes those with a deadline, and no others.",
        rules=("POLICY-3", "POLICY-4"),
        vector="policy.whole.contact.complete.default",
        seam=_batch(designs.PlannedCompleted),
    ),
    Ambiguity(
        name="activities-leave-the-lead",
        statements=("S22",),
        phrase="move",
        taken="The activity is bound to the deal as well, and the lead keeps its history.",
        other="The activity leaves the lead, and belongs to the deal from then on.",
        rules=("CONV-6",),
        vector="policy.whole.contact.keep.default",
        seam=Wrapped(designs.MovingStore),
    ),
    Ambiguity(
        name="two-options",
        statements=("S20", "S22"),
        phrase="two names of the third choice",
        taken="Two wordings of one option: off completes the activities, and they are bound to the deal either way.",
        other="Two options with two effects: off completes the activities, and moves none of them to the deal.",
        rules=("POLICY-5", "CONV-6"),
        vector="policy.whole.contact.complete.default",
        seam=_batch(designs.TwoOptions),
    ),
)


def readings_of(named: str) -> tuple[Ambiguity, ...]:
    """Those of a statement such as S18, or the one whose other reading has this name; none for anything else."""
    return tuple(each for each in READINGS if named.upper() in each.statements or named == each.name)
