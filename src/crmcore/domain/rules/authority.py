"""Who may do what: roles, levels of access, and the rights that they add up to (PERM-1 to PERM-7).

Adapters only store roles; this module combines them. The product's two department levels are not modelled.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum

from attrs import field, frozen

from crmcore.domain.model.card import Card
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import CARDS, DEFAULT_PIPELINE, Kind, PipelineId, Ref, UserId
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.model.policy import ClientChoice
from crmcore.domain.model.text import NOTHING, Shown, check_id, check_name, check_type

__all__ = [
    "ADMINISTRATOR",
    "MANAGER",
    "NO_RIGHTS",
    "Grant",
    "Level",
    "Operation",
    "Rights",
    "Role",
    "everything_on",
    "may_change_roles",
    "may_convert",
    "may_export",
    "may_settings",
]


class Operation(StrEnum):
    """What can be done to a record."""

    READ = "read"
    ADD = "add"
    UPDATE = "update"
    DELETE = "delete"


class Level(IntEnum):
    """How far a right reaches; the higher level includes the lower ones (PERM-5)."""

    NONE = 0
    OWN = 1
    OPEN = 2
    ALL = 3


#: The kinds of records that rights speak of; an activity follows the records that it is bound to (PERM-6).
@frozen(repr=False, eq=False)
class Grant(Shown):
    """What a level is given for: an operation on a kind, for deals optionally in one pipeline only.

    `operation` is an `Operation`, `kind` a lead, deal, contact or company, `pipeline_id` the id of a pipeline. Raises
    `InvalidValue` for anything else.

    >>> Grant(Operation.READ, Kind.DEAL, PipelineId(7)).pipeline_id
    7
    """

    operation: Operation
    kind: Kind
    pipeline_id: PipelineId | None = None

    def __attrs_post_init__(self) -> None:
        check_type("Grant.operation", self.operation, Operation)
        check_type("Grant.kind", self.kind, Kind)
        if self.kind not in CARDS:
            raise InvalidValue("Grant.kind", "lead, deal, contact or company")
        if self.pipeline_id is not None:
            check_id("Grant.pipeline_id", self.pipeline_id, lowest=DEFAULT_PIPELINE)
            if self.kind is not Kind.DEAL:
                raise InvalidValue("Grant.pipeline_id", "no pipeline, except for deals")


@frozen(kw_only=True, repr=False, eq=False)
class Role(Shown):
    """A named set of rights; an actor may have several (PERM-5).

    `name` is for people, a line of at most 255 characters without direction overrides. `levels` maps a `Grant` to a
    `Level`; `settings` is the right to change CRM settings, `export` that to export the whole CRM, which
    `settings` includes, `administrator` all of them.
    Raises `InvalidValue` for anything else.

    >>> sales = Role(name="sales", levels={Grant(Operation.READ, Kind.LEAD): Level.OWN})
    >>> Rights.of([sales]).level(Operation.READ, Kind.LEAD)
    <Level.OWN: 1>
    """

    name: str
    levels: Mapping[Grant, Level] = field(default=NOTHING)
    settings: bool = False
    export: bool = False
    administrator: bool = False

    def __attrs_post_init__(self) -> None:
        check_name("Role.name", self.name)
        check_type("Role.levels", self.levels, Mapping)
        for grant, level in self.levels.items():
            check_type("Role.levels", grant, Grant)
            check_type("Role.levels", level, Level)
        for name in ("settings", "export", "administrator"):
            check_type(f"Role.{name}", getattr(self, name), bool)


def everything_on(*kinds: Kind, level: Level = Level.ALL) -> dict[Grant, Level]:
    """The four operations on these kinds at one level: what most roles are made of."""
    return {Grant(operation, kind): level for kind in kinds for operation in Operation}


#: May do everything.
ADMINISTRATOR = Role(name="administrator", administrator=True)

#: Works with all leads, deals and clients, but may not change CRM settings.
MANAGER = Role(name="manager", levels=everything_on(*CARDS))


@frozen(kw_only=True, repr=False, eq=False)
class Rights(Shown):
    """What one actor may do: its roles added up, the highest level of each wins (PERM-5).

    `levels`, `settings`, `export` and `administrator` are as in `Role`.

    >>> Rights.of([ADMINISTRATOR]).may_change_settings
    True
    """

    levels: Mapping[Grant, Level] = field(default=NOTHING)
    settings: bool = False
    export: bool = False
    administrator: bool = False

    @classmethod
    def of(cls, roles: Iterable[Role]) -> "Rights":
        """Add up `roles`, any iterable of `Role`.

        >>> Rights.of([MANAGER]).may_change_settings
        False
        """
        levels: dict[Grant, Level] = {}
        settings = export = administrator = False
        for role in roles:
            settings = settings or role.settings
            export = export or role.export
            administrator = administrator or role.administrator
            for grant, level in role.levels.items():
                levels[grant] = max(levels.get(grant, Level.NONE), level)
        return cls(levels=levels, settings=settings, export=export, administrator=administrator)

    @property
    def may_change_settings(self) -> bool:
        """Administrators and holders of the settings right (PERM-1)."""
        return self.administrator or self.settings

    @property
    def may_export(self) -> bool:
        """Administrators and holders of the settings or the export right (PERM-6)."""
        return self.administrator or self.settings or self.export

    def level(self, operation: Operation, kind: Kind, pipeline_id: PipelineId | None = None) -> Level:
        """How far the right reaches; what is granted for all pipelines holds in each.

        `operation` is an `Operation` on records of a `kind`; `pipeline_id` narrows it to the deals of one pipeline.

        >>> Rights.of([MANAGER]).level(Operation.DELETE, Kind.LEAD)
        <Level.ALL: 3>
        """
        if self.administrator:
            return Level.ALL
        general = self.levels.get(Grant(operation, kind), Level.NONE)
        if pipeline_id is None or kind is not Kind.DEAL:
            return general
        return max(general, self.levels.get(Grant(operation, kind, pipeline_id), Level.NONE))

    def widest(self, operation: Operation, kind: Kind) -> Level:
        """How far the right reaches at most, in whatever pipeline.

        `operation` is an `Operation` on records of a `kind`.

        >>> sales = Role(name="sales", levels={Grant(Operation.READ, Kind.DEAL, PipelineId(7)): Level.ALL})
        >>> Rights.of([sales]).widest(Operation.READ, Kind.DEAL)
        <Level.ALL: 3>
        """
        if self.administrator:
            return Level.ALL
        found = (level for grant, level in self.levels.items() if grant.operation is operation and grant.kind is kind)
        return max(found, default=Level.NONE)

    def reach(self, operation: Operation, kind: Kind, record: Card, actor: UserId) -> bool:
        """Whether the right covers this record: all, the open-to-all ones and the own ones, or the own ones.

        `operation` is an `Operation`, `record` a card of that `kind`, `actor` the user who asks.

        >>> from crmcore import Company
        >>> Rights.of([MANAGER]).reach(Operation.READ, Kind.COMPANY, Company(id=1, responsible=7), UserId(2))
        True
        """
        level = self.level(operation, kind, getattr(record, "pipeline_id", None))
        if level is Level.OPEN:
            return record.opened or record.responsible == actor
        return level is Level.ALL or (level is Level.OWN and record.responsible == actor)


NO_RIGHTS = Rights()


def may_settings(rights: Rights, rule: str = "PERM-1") -> Refused | None:
    """The refusal of a command that needs the right to change CRM settings, if it is refused (PERM-1)."""
    return None if rights.may_change_settings else Refused(Reason.NOT_PERMITTED, None, rule)


def may_export(rights: Rights) -> Refused | None:
    """The refusal of an export of the whole CRM, if it is refused (PERM-6)."""
    return None if rights.may_export else Refused(Reason.NOT_PERMITTED, None, "PERM-6")


def may_change_roles(by: Rights, after: Iterable[Iterable[Role]]) -> Refused | None:
    """The refusal of a change of roles or plan by one who has these rights, if it is refused (PERM-8).

    `after` has the roles of each actor as they would be: an administrator must be left among them.
    """
    stays = any(Rights.of(roles).administrator for roles in after)
    return None if by.administrator and stays else Refused(Reason.NOT_PERMITTED, None, "PERM-8")


def may_convert(rights: Rights, client: ClientChoice | None, pipeline_id: PipelineId) -> Refused | None:
    """The refusal of a conversion that lacks the right to create what the policy creates, if it does (PERM-3).

    Without a client choice only a deal is created: the lead has its client already (CONV-2).
    """
    needed: list[tuple[Kind, PipelineId | None]] = [(Kind.DEAL, pipeline_id)]
    if client is not None and client.wants_contact:
        needed.append((Kind.CONTACT, None))
    if client is not None and client.wants_company:
        needed.append((Kind.COMPANY, None))
    for kind, pipeline in needed:
        if rights.level(Operation.ADD, kind, pipeline) is Level.NONE:
            subject = Ref(Kind.PIPELINE, pipeline_id) if kind is Kind.DEAL else None
            return Refused(Reason.NOT_PERMITTED, subject, "PERM-3")
    return None
