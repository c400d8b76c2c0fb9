"""What a story calls the records of a small CRM, and what it calls a command: by name, and not by number."""

from collections.abc import Callable
from typing import Any

from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.model.values import PersonName
from crmcore.domain.protocol import commands
from crmcore.testing.walk.picture import Picture

__all__ = ["Names", "third_person"]

_NAMED = (Kind.PIPELINE, Kind.LEAD, Kind.DEAL, Kind.CONTACT, Kind.COMPANY, Kind.ACTIVITY)


class Names:
    """The names of all records that a run has seen: a record keeps the name under which it was first seen."""

    def __init__(self) -> None:
        self._names: dict[Ref, str] = {}
        self._taken: dict[str, int] = {}

    def learn(self, picture: Picture) -> None:
        """Name what is new in a picture."""
        for kind in _NAMED:
            for id, record in picture.records[kind].items():
                ref = Ref(kind, id)
                if ref not in self._names and not isinstance(record, Tombstone):
                    name = self._name(kind, record)
                    self._taken[name] = self._taken.get(name, 0) + 1
                    self._names[ref] = name if self._taken[name] == 1 else f"another {name}"

    def _name(self, kind: Kind, record: Any) -> str:
        lead = getattr(record, "lead_id", None)
        if lead is not None:
            return f"{kind.value} of {self.of(Ref(Kind.LEAD, lead))}"
        own = getattr(record, "title", None) or getattr(record, "name", None) or getattr(record, "subject", None)
        if isinstance(own, PersonName):
            own = " ".join(part for part in (own.first, own.last) if part)
        return f'{kind.value} "{own}"' if own else f"{kind.value} without a name"

    def of(self, ref: Ref) -> str:
        """The name of a record."""
        match ref.kind:
            case Kind.SETTINGS:
                return "the CRM"
            case Kind.LEDGER:
                return f"ledger row of {self.of(Ref(Kind.LEAD, ref.id))}"
            case Kind.SWITCH:
                return f'switch "{ref.id}"'
        return self._names.get(ref, f"{ref.kind.value} {ref.id}")

    def command(self, command: Any) -> str:
        """What a command does, as an infinitive."""
        return _COMMANDS[type(command)](self, command)


def _lead(names: Names, command: Any) -> str:
    return names.of(Ref(Kind.LEAD, command.lead_id))


def _activity(names: Names, command: Any) -> str:
    return names.of(Ref(Kind.ACTIVITY, command.activity_id))


_COMMANDS: dict[type[Any], Callable[[Names, Any], str]] = {
    commands.AddLead: lambda names, it: f'add a lead "{it.fields["title"]}"',
    commands.CopyLead: lambda names, it: f"copy {_lead(names, it)}",
    commands.CloseLead: lambda names, it: f"close {_lead(names, it)}",
    commands.ReopenLead: lambda names, it: f"reopen {_lead(names, it)}",
    commands.DeleteLead: lambda names, it: f"delete {_lead(names, it)}",
    commands.DeleteRecord: lambda names, it: f"delete {names.of(it.ref)}",
    commands.EraseRecords: lambda names, it: f"erase {', '.join(map(names.of, sorted(it.refs)))}",
    commands.ConvertLead: lambda names, it: f"convert {_lead(names, it)} by hand",
    commands.EditRecord: lambda names, it: f"edit {names.of(it.ref)}",
    commands.AddActivity: lambda names, it: (
        f'add an activity "{it.fields["subject"]}" to {", ".join(map(names.of, sorted(it.bound_to)))}'
    ),
    commands.CompleteActivity: lambda names, it: f"complete {_activity(names, it)}",
    commands.EditActivity: lambda names, it: f"edit {_activity(names, it)}",
    commands.ReopenActivity: lambda names, it: f"reopen {_activity(names, it)}",
    commands.BindActivity: lambda names, it: f"bind {_activity(names, it)} to {names.of(it.ref)}",
    commands.UnbindActivity: lambda names, it: f"unbind {_activity(names, it)} from {names.of(it.ref)}",
    commands.DeleteActivity: lambda names, it: f"delete {_activity(names, it)}",
    commands.TakeInquiry: lambda names, it: f"take an inquiry by {it.channel}",
    commands.ArchivePipeline: lambda names, it: f"archive {names.of(Ref(Kind.PIPELINE, it.pipeline_id))}",
    commands.ChangeSettings: lambda names, it: f"set the matching to {it.match.value}",
    commands.BeginSwitch: lambda names, it: f'begin switch "{it.key}"',
    commands.ConvertChunk: lambda names, it: f'convert a chunk of {it.size} of switch "{it.token.key}"',
    commands.SetAside: lambda names, it: f"set {_lead(names, it)} aside",
    commands.FinishSwitch: lambda names, it: f'finish switch "{it.token.key}"',
    commands.ResumeSwitch: lambda names, it: "resume the switch",
    commands.RetrySwitch: lambda names, it: "retry the leads that were set aside",
    commands.CancelSwitch: lambda names, it: "cancel the switch",
    commands.SwitchToClassic: lambda names, it: "switch back to Classic",
}


def third_person(infinitive: str) -> str:
    """`close the lead` as `closes the lead`."""
    verb, space, rest = infinitive.partition(" ")
    if verb.endswith("y") and verb[-2] not in "aeiou":
        verb = f"{verb[:-1]}ie"
    elif verb.endswith(("sh", "ch")):
        verb += "e"
    return f"{verb}s{space}{rest}"
