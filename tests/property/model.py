"""What a CRM should be after a command, in a few sets: an independent reading of the rules, without any record.

It knows which leads are active, closed, converted or deleted, which are set aside, and the mode with its epoch.
"""

from collections.abc import Mapping
from typing import Any

from attrs import evolve, field, frozen

from crmcore.domain.commands import (
    AddLead,
    BeginSwitch,
    CancelSwitch,
    CloseLead,
    Command,
    ConvertChunk,
    ConvertLead,
    CopyLead,
    DeleteLead,
    EditRecord,
    FinishSwitch,
    ImportRecords,
    ReopenLead,
    RetrySwitch,
    SwitchToClassic,
    TakeInquiry,
)
from crmcore.domain.ids import Kind
from crmcore.domain.image import CrmImage
from crmcore.domain.ledger import SwitchToken
from crmcore.domain.mode import CrmMode
from crmcore.domain.outcomes import OutcomeKind
from crmcore.domain.results import NoChange, SwitchDone
from crmcore.domain.stages import StageSemantics
from crmcore.domain.tombstone import Tombstone

__all__ = ["Model"]


@frozen(kw_only=True)
class Model:
    """One moment of a CRM. `stages` says what each lead stage means."""

    leads: Mapping[int, str]
    marks: frozenset[int]
    simple: bool
    live: str | None
    epoch: int
    stages: Mapping[str, bool] = field(eq=False)
    deals: Mapping[int, int] = field(eq=False)

    @classmethod
    def seen(cls, image: CrmImage) -> "Model":
        """The moment that a CRM is in, read from its records."""
        epoch = image.settings.epoch
        return cls(
            leads={id: _state(lead, id in image.ledger) for id, lead in image.leads.items()},
            marks=frozenset(
                id
                for (of, id), outcome in image.outcomes.items()
                if of == epoch and outcome.kind is OutcomeKind.SET_ASIDE
            ),
            simple=image.settings.mode is CrmMode.SIMPLE,
            live=None if image.settings.switching is None else image.settings.switching.key,
            epoch=epoch,
            stages={stage.code: stage.semantics is StageSemantics.IN_PROCESS for stage in image.stages.stages},
            deals={id: row.deal_id for id, row in image.ledger.items()},
        )

    @property
    def active(self) -> frozenset[int]:
        """The leads that are in process."""
        return frozenset(id for id, state in self.leads.items() if state == "active")

    def may_become(self, after: "Model") -> bool:
        """What holds between any two moments: deals and tombstones are for ever, epochs only grow (SWITCH-1)."""
        for id, state in self.leads.items():
            if state == "converted" and after.leads.get(id) not in ("converted", "deleted"):
                return False
            if state == "deleted" and after.leads.get(id) != "deleted":
                return False
        return (
            self.deals.items() <= after.deals.items()
            and self.epoch <= after.epoch
            and not (after.simple and after.live is None and after.active)
            and (self.epoch != after.epoch or self.live is None or after.active <= self.active)
        )

    def after(self, command: Command[Any], answer: Any, *, has_classic: bool) -> "Model":
        """The moment that follows when a command was accepted with this answer."""
        classic = not self.simple and self.live is None and has_classic
        new = "active" if classic else "converted"
        match command:
            case AddLead() | CopyLead() if answer not in self.leads:
                stage = command.fields.get("stage") if isinstance(command, AddLead) else None
                return self._with(answer, new if stage is None or self.stages[stage] else "closed")
            case TakeInquiry() if answer.ref.kind is Kind.LEAD and answer.ref.id not in self.leads:
                return self._with(answer.ref.id, "active")
            case ImportRecords():
                made: dict[int, str] = {lead.id: "active" if lead.is_active else "closed" for lead in command.leads}
                return evolve(self, leads={**made, **self.leads})
            case ConvertLead():
                assert self.leads[command.lead_id] in ("active", "converted")  # SWITCH-2
                return self._with(command.lead_id, "converted")
            case DeleteLead():
                return self._with(command.lead_id, "deleted")
            case CloseLead() if self.leads[command.lead_id] == "active":
                return self._with(command.lead_id, "closed")
            case ReopenLead() if self.leads[command.lead_id] == "closed":
                assert classic  # SWITCH-6
                return self._with(command.lead_id, "active")
            case EditRecord() if command.ref.kind is Kind.LEAD and answer > command.version:
                state = self.leads[int(command.ref.id)]
                if "stage" in command.fields:
                    state = "active" if self.stages[command.fields["stage"]] else "closed"
                assert classic or state != "active" or int(command.ref.id) in self.active
                return self._with(int(command.ref.id), state)
            case ConvertChunk():
                done: dict[int, str] = {row.lead_id: "converted" for row in answer.rows}
                assert not done or (self.live, self.epoch) == (command.token.key, command.token.epoch)  # SWITCH-4
                assert done.keys() <= self.active - self.marks
                assert len(done) <= command.size
                return evolve(self, leads={**self.leads, **done})
        return self._steered(command, answer)

    def _steered(self, command: Command[Any], answer: Any) -> "Model":
        match command:
            case BeginSwitch() if isinstance(answer, SwitchToken) and self.live is None:
                assert not self.simple
                return evolve(self, live=command.key, epoch=self.epoch + 1, marks=frozenset())
            case FinishSwitch() if isinstance(answer, SwitchDone) and command.token.epoch == self.epoch:
                assert not self.active
                return evolve(self, simple=True, live=None, epoch=self.epoch + 1, marks=frozenset())
            case CancelSwitch():
                return evolve(self, simple=False, live=None, epoch=self.epoch + 1, marks=frozenset())
            case RetrySwitch():
                return evolve(self, marks=frozenset())
            case SwitchToClassic() if not isinstance(answer, NoChange):
                return evolve(self, simple=False, epoch=self.epoch + 1, marks=frozenset())
        return self

    def _with(self, id: int, state: str) -> "Model":
        return evolve(self, leads={**self.leads, id: state}, marks=self.marks - {id})


def _state(lead: Any, in_ledger: bool) -> str:
    if isinstance(lead, Tombstone):
        return "deleted"
    if in_ledger:
        return "converted"
    return "active" if lead.is_active else "closed"
