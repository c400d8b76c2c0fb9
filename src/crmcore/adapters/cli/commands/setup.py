"""What is set beside the records: roles, the plan, settings, the way back to Classic, the tables themselves."""

from collections.abc import Callable, Iterable, Mapping

from crmcore.adapters.cli.work.documents import done_report, no_change_report, refused_report
from crmcore.adapters.cli.work.session import Desk, Place, carried_out, on_store
from crmcore.adapters.cli.work.shapes import Json, blank
from crmcore.domain.authority import Role
from crmcore.domain.ids import UserId
from crmcore.domain.mode import RepeatInquiry
from crmcore.domain.outcomes import Refused
from crmcore.domain.policy import MatchSetting
from crmcore.domain.results import NoChange
from crmcore.domain.text import check_id

__all__ = [
    "grant_roles",
    "list_roles",
    "revoke_roles",
    "set_plan",
    "set_settings",
    "show_plan",
    "to_classic",
    "upgrade_tables",
]


def grant_roles(place: Place, to: int, names: Iterable[str]) -> Json:
    """Give an actor roles, in the name of another one who may."""

    def change(desk: Desk) -> Refused | None:
        given = [desk.store.permissions.role(name) for name in names]
        return desk.store.permissions.grant(_user("TO", to), *given, by=desk.actor)

    return _changed_roles(place, change)


def revoke_roles(place: Place, of: int, names: Iterable[str]) -> Json:
    """Take roles of an actor away, all of them where none is named."""

    def change(desk: Desk) -> Refused | None:
        taken = [desk.store.permissions.role(name) for name in names]
        return desk.store.permissions.revoke(_user("OF", of), *taken, by=desk.actor)

    return _changed_roles(place, change)


def list_roles(place: Place) -> Json:
    """Who has which roles, to administrators."""
    return _changed_roles(place, lambda desk: None)


def _changed_roles(place: Place, change: Callable[[Desk], Refused | None]) -> Json:
    def work(desk: Desk) -> Json:
        report = {**blank("role"), "portal": place.portal}
        refused = change(desk)
        granted = desk.store.permissions.granted(by=desk.actor) if refused is None else refused
        if isinstance(granted, Refused):
            return refused_report(report, granted)
        return done_report(report, roles=_roles(granted))

    return on_store(blank("role"), place, work)


def _roles(granted: Mapping[UserId, tuple[Role, ...]]) -> list[Json]:
    return [{"actor": actor, "roles": [role.name for role in roles]} for actor, roles in sorted(granted.items())]


def _user(name: str, id: int) -> UserId:
    check_id(name, id)
    return UserId(id)


def set_plan(place: Place, *, classic: bool) -> Json:
    """Say whether the plan has Classic."""

    def work(desk: Desk) -> Json:
        report = {**blank("plan"), "portal": place.portal}
        refused = desk.store.plan.set_classic(classic, by=desk.actor)
        return refused_report(report, refused) if refused is not None else done_report(report, classic=classic)

    return on_store(blank("plan"), place, work)


def show_plan(place: Place) -> Json:
    """Whether the plan has Classic."""

    def work(desk: Desk) -> Json:
        return done_report({**blank("plan"), "portal": place.portal}, classic=desk.store.plan.has_classic())

    return on_store(blank("plan"), place, work)


def set_settings(place: Place, match: MatchSetting | None, repeat_inquiry: RepeatInquiry | None) -> Json:
    """Change how clients are matched, or what a repeat inquiry becomes."""

    def work(desk: Desk) -> Json:
        report = {**blank("settings"), "portal": place.portal}
        done = desk.crm.change_settings(desk.actor, match=match, repeat_inquiry=repeat_inquiry)
        if isinstance(done, Refused):
            return refused_report(report, done)
        return done_report(report, match=done.match.value, repeat_inquiry=done.repeat_inquiry.value)

    return on_store(blank("settings"), place, work)


def to_classic(place: Place) -> Json:
    """Go from Simple back to Classic."""

    def work(desk: Desk) -> Json:
        before = desk.crm.settings().mode.name.lower()
        report = {**blank("to-classic"), "portal": place.portal, "mode": {"before": before, "after": before}}
        done = desk.crm.switch_to_classic(desk.actor)
        if isinstance(done, Refused):
            return refused_report(report, done)
        if isinstance(done, NoChange):
            return no_change_report(report)
        return done_report(report, mode={"before": before, "after": "classic"})

    return on_store(blank("to-classic"), place, work)


def upgrade_tables(place: Place) -> Json:
    """Make the tables, or bring them up to this version."""
    report = blank("db")

    def work() -> Json:
        from crmcore.adapters.sql import upgrade

        before, after = upgrade(place.url, schema=place.schema)
        schema = {"before": before, "after": after}
        return done_report(report, schema=schema) if before != after else no_change_report({**report, "schema": schema})

    return carried_out(report, work)
