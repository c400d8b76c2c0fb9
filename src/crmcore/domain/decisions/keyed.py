"""Commands that create, asked twice with one key, answer once with one result (EDIT-1)."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.model.ledger import CommandRecord
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.model.text import NOTHING
from crmcore.domain.protocol.decision import Accepted, Decision
from crmcore.domain.protocol.snapshot import Snapshot

__all__ = ["answer_before", "fingerprint", "is_keyed", "made_before", "record_of"]


def is_keyed(command: Any) -> bool:
    """Whether the command can be recognised when its answer was lost."""
    return command.key is not None


def made_before(command: Any, snapshot: Snapshot) -> tuple[Ref, ...] | Refused | None:
    """What an earlier command with this key made; a conflict where that command was another one."""
    record = snapshot.command
    if record is None:
        return None
    if record.fingerprint != fingerprint(command):
        return Refused(Reason.KEY_CONFLICT, Ref(Kind.COMMAND, record.key), "EDIT-1")
    return record.made


def answer_before(command: Any, snapshot: Snapshot) -> Decision | None:
    """The id of what the command made under its key before, or the refusal of `made_before`; `None` if nothing."""
    made = made_before(command, snapshot)
    return Accepted(made[0].id) if isinstance(made, tuple) else made


def record_of(command: Any, *made: Ref, not_carried: tuple[str, ...] = ()) -> Mapping[str, CommandRecord]:
    """The record by which the key is recognised from now on."""
    if command.key is None:
        return NOTHING
    record = CommandRecord(key=command.key, fingerprint=fingerprint(command), made=made, not_carried=not_carried)
    return {command.key: record}


def fingerprint(command: Any) -> str:
    """A digest of what was asked: equal for equal commands in every process, and it shows no data (DATA-2)."""
    import hashlib  # here, since loading it costs a tenth of the library's import and few commands have keys

    return hashlib.sha256(_plain(command).encode()).hexdigest()


def _plain(value: Any) -> str:
    name = type(value).__name__
    if isinstance(value, Enum):
        return f"{name}.{value.name}"
    if hasattr(value, "__attrs_attrs__"):
        parts = (f"{field.name}={_plain(getattr(value, field.name))}" for field in value.__attrs_attrs__)
        return f"{name}({','.join(parts)})"
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{key!r}:{_plain(value[key])}' for key in sorted(value))}}}"
    if isinstance(value, frozenset):
        return f"{{{','.join(sorted(map(_plain, value)))}}}"
    if isinstance(value, tuple | list):
        return f"[{','.join(map(_plain, value))}]"
    return f"{name}:{value!r}"
