"""What a CRM should be after a command, in a few sets: an independent reading of the rules, without any record.

It knows which leads are active, closed, converted or deleted, which are set aside, and the mode with its epoch.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve, field, frozen

from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import OutcomeKind
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol import commands
from crmcore.domain.protocol.results import NoChange, SwitchDone
from crmcore.testing.machine.photo import require

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

    def require_may_become(self, after: "Model") -> None:
        """What holds between any two moments: deals and tombstones are for ever, epochs only grow (SWITCH-1)."""
        for id, state in self.leads.items():
            now = after.leads.get(id)
            kept = state not in ("converted", "deleted") or now in (state, "deleted")
            require(kept, "SWITCH-1", f"a {state} lead is {now or 'missing'} later", Ref(Kind.LEAD, id))
        others = {id for id, deal_id in self.deals.items() if after.deals.get(id) != deal_id}
        require(not others, "SWITCH-1", "the ledger forgot the deal of a lead, or has another one", *_refs(others))
        require(self.epoch <= after.epoch, "SWITCH-4", "the epoch went back")
        simple = after.simple and after.live is None
        require(not (simple and after.active), "SWITCH-3", "active leads are left in Simple", *_refs(after.active))
        if self.epoch == after.epoch and self.live is not None:
            more = after.active - self.active
            require(not more, "SWITCH-6", "leads became active while a switch was live", *_refs(more))

    def require_equal(self, found: "Model") -> None:
        """What a CRM is found to be is what it should be."""
        wrong = {id for id in self.leads.keys() | found.leads.keys() if self.leads.get(id) != found.leads.get(id)}
        states = ", ".join(f"{self.leads.get(id)} expected, {found.leads.get(id)} found" for id in sorted(wrong)[:3])
        require(not wrong, "SWITCH-2", f"leads are not in the state that they should be in: {states}", *_refs(wrong))
        marks = self.marks ^ found.marks
        require(not marks, "SWITCH-9", "other leads are set aside than should be", *_refs(marks))
        mode, other = (self.simple, self.live, self.epoch), (found.simple, found.live, found.epoch)
        require(mode == other, "SWITCH-3", f"mode, live switch and epoch should be {mode}, are {other}")

    def after(self, command: commands.Command[Any], answer: Any, *, has_classic: bool) -> "Model":
        """The moment that follows when a command was accepted with this answer.

        Raises `ContractBroken` where it should not have been accepted.
        """
        classic = not self.simple and self.live is None and has_classic
        new = "active" if classic else "converted"
        match command:
            case commands.AddLead() | commands.CopyLead() if answer not in self.leads:
                stage = command.fields.get("stage") if isinstance(command, commands.AddLead) else None
                return self._with(answer, new if stage is None or self.stages.get(stage) else "closed")
            case commands.TakeInquiry() if answer.ref.kind is Kind.LEAD and answer.ref.id not in self.leads:
                return self._with(answer.ref.id, "active")
            case commands.ImportRecords():
                made: dict[int, str] = {lead.id: "active" if lead.is_active else "closed" for lead in command.leads}
                closed = {lead.id for lead, _ in command.updates if not lead.is_active} & self.active
                return evolve(self, leads={**made, **self.leads, **dict.fromkeys(closed, "closed")})
            case commands.ConvertLead():
                convertible = self.leads.get(command.lead_id) in ("active", "converted")
                require(convertible, "SWITCH-2", "a closed lead was converted", Ref(Kind.LEAD, command.lead_id))
                return self._with(command.lead_id, "converted")
            case commands.DeleteLead():
                return self._with(command.lead_id, "deleted")
            case commands.EraseRecords():
                gone: dict[int, str] = dict.fromkeys(answer.leads, "deleted")
                return evolve(self, leads={**self.leads, **gone}, marks=self.marks - gone.keys())
            case commands.CloseLead() if self.leads.get(command.lead_id) == "active":
                return self._with(command.lead_id, "closed")
            case commands.ReopenLead() if self.leads.get(command.lead_id) == "closed":
                require(classic, "SWITCH-6", "a lead was reopened outside Classic", Ref(Kind.LEAD, command.lead_id))
                return self._with(command.lead_id, "active")
            case commands.ReopenLead() if command.lead_id in self.active and command.stage is not None:
                return self._with(command.lead_id, "active")
            case commands.EditRecord() if command.ref.kind is Kind.LEAD and answer > command.read_version:
                state = self.leads.get(int(command.ref.id), "missing")
                if "stage" in command.fields:
                    state = "active" if self.stages.get(command.fields["stage"]) else "closed"
                woken = state == "active" and int(command.ref.id) not in self.active
                require(classic or not woken, "SWITCH-6", "an edit made a lead active outside Classic", command.ref)
                return self._with(int(command.ref.id), state)
            case commands.ConvertChunk():
                done: dict[int, str] = {row.lead_id: "converted" for row in answer.rows}
                live = (self.live, self.epoch) == (command.token.key, command.token.epoch)
                require(
                    live or not done, "SWITCH-4", "a step of a switch that is not live converted leads", *_refs(done)
                )
                wrong = done.keys() - (self.active - self.marks)
                require(
                    not wrong, "SWITCH-2", "a switch converted leads that were not active, or set aside", *_refs(wrong)
                )
                require(len(done) <= command.size, "SWITCH-4", "a step converted more leads than it was asked to")
                return evolve(self, leads={**self.leads, **done})
        return self._steered(command, answer)

    def _steered(self, command: commands.Command[Any], answer: Any) -> "Model":
        match command:
            case commands.BeginSwitch() if isinstance(answer, SwitchToken) and self.live is None:
                require(not self.simple, "MODE-5", "a switch was begun in Simple")
                return evolve(self, live=command.key, epoch=self.epoch + 1, marks=frozenset())
            case commands.FinishSwitch() if isinstance(answer, SwitchDone) and command.token.epoch == self.epoch:
                require(not self.active, "SWITCH-3", "a switch was finished with active leads", *_refs(self.active))
                return evolve(self, simple=True, live=None, epoch=self.epoch + 1, marks=frozenset())
            case commands.CancelSwitch():
                return evolve(self, simple=False, live=None, epoch=self.epoch + 1, marks=frozenset())
            case commands.RetrySwitch():
                return evolve(self, marks=frozenset())
            case commands.SwitchToClassic() if not isinstance(answer, NoChange):
                return evolve(self, simple=False, epoch=self.epoch + 1, marks=frozenset())
        return self

    def _with(self, id: int, state: str) -> "Model":
        return evolve(self, leads={**self.leads, id: state}, marks=self.marks - {id})


def _refs(ids: Iterable[int]) -> list[Ref]:
    return [Ref(Kind.LEAD, id) for id in sorted(ids)]


def _state(lead: Any, in_ledger: bool) -> str:
    if isinstance(lead, Tombstone):
        return "deleted"
    if in_ledger:
        return "converted"
    return "active" if lead.is_active else "closed"
