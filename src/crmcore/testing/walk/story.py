"""The shortest way to a broken law as a story: who does what, what each commit changed, and which law breaks.

A load and a commit of one actor that follow each other are one sentence.
lines: the sentences and what they are made of, in the order in which they are told.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from attrs import frozen

from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.model.outcomes import OutcomeKind
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.tombstone import Tombstone
from crmcore.testing.walk.laws import Broken
from crmcore.testing.walk.names import Names, third_person
from crmcore.testing.walk.picture import Picture
from crmcore.testing.walk.run import Run, Taken, replayed
from crmcore.testing.walk.walker import REAL, Act, Design, Found, Move, Walk, explore

__all__ = ["Change", "Sentence", "Story", "story_of"]


@frozen(kw_only=True)
class Change:
    """What a commit did to one record: it is new or gone, or `field` went from `before` to `after`."""

    record: str
    ref: Ref
    field: str | None = None
    before: str | None = None
    after: str | None = None

    def __str__(self) -> str:
        return str(self.after) if self.field is None else f"{self.field} {self.before} → {self.after}"


@frozen(kw_only=True)
class Sentence:
    """One sentence: who, if anybody, what it says, and what was changed."""

    actor: str | None
    text: str
    changes: tuple[Change, ...] = ()


@frozen(kw_only=True)
class Story:
    """The shortest way to a law that breaks."""

    walk: Walk
    design: Design
    found: Found
    run: Run
    sentences: tuple[Sentence, ...]
    #: The laws that break, those of the rule asked for first, each with the name of its record.
    broken: tuple[tuple[Broken, str], ...]


def story_of(walk: Walk, design: Design = REAL, *, rule: str | None = None, found: Found | None = None) -> Story:
    """Walk to the first law that breaks, and tell the way there; `found` is what a walk has found already.

    `rule` is told of first where several break. Raises `ValueError` where no law breaks.
    """
    found = found or explore(walk, design)
    run = _gathered(walk, design, found.path, rule)
    if run is None or not run.broken:
        raise ValueError(f"the walk {walk.name!r} breaks no law in the design {design.name!r}")
    names, start = Names(), run.taken[0].before.point.picture
    names.learn(start)
    sentences = [_beginning(start, names), *_told(run, names)]
    broken = tuple((each, names.of(each.ref)) for each in sorted(run.broken, key=lambda each: each.rule != rule))
    first, record = broken[0]
    said = f'That breaks {first.rule}, "{first.law.replace("_", " ")}", for {record}, in its {first.part}.'
    told = (*sentences, Sentence(actor=None, text=said))
    return Story(walk=walk, design=design, found=found, run=run, sentences=told, broken=broken)


def _gathered(walk: Walk, design: Design, path: tuple[Move, ...], rule: str | None) -> Run | None:
    """The run along a path of the same length in which each load stands as late as it can."""
    run = replayed(walk, design, path)
    place = 0
    while run is not None and place < len(path):
        move = path[place]
        end = next((at for at in range(place + 1, len(path)) if path[at].actor == move.actor), place)
        if move.act is Act.LOADS and end > place + 1:
            later = (*path[:place], *path[place + 1 : end], move, *path[end:])
            other = replayed(walk, design, later)
            if other is not None and rule in {None, *(each.rule for each in other.broken)} and other.broken:
                path, run = later, other
                continue
        place += 1
    return run


def _beginning(picture: Picture, names: Names) -> Sentence:
    mode = "Classic" if picture.settings.mode is CrmMode.CLASSIC else "Simple"
    leads = _listed([names.of(Ref(Kind.LEAD, id)) + _closed(lead) for id, lead in picture.leads.items()])
    bound = [
        f"{names.of(Ref(Kind.ACTIVITY, id))} of {_listed(map(names.of, sorted(refs)))}"
        for id, refs in picture.bindings.items()
    ]
    return Sentence(actor=None, text=f"A {mode} CRM has {_listed([leads, *bound])}.")


def _closed(lead: Any) -> str:
    return "" if lead.is_active else " (closed)"


def _listed(parts: Iterable[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


_SENDS = (Act.COMMITS, Act.MEETS_FAULT)


def _told(run: Run, names: Names) -> Iterator[Sentence]:
    place, taken = 0, run.taken
    while place < len(taken):
        step = taken[place]
        after = taken[place + 1] if place + 1 < len(taken) else None
        if step.act is Act.LOADS and after and after.actor == step.actor and after.act in _SENDS:
            yield _sentence(run, after, names, whole=True)
            place += 2
        else:
            yield _sentence(run, step, names)
            place += 1


def _sentence(run: Run, step: Taken, names: Names, *, whole: bool = False) -> Sentence:
    if step.actor is None:
        return Sentence(actor=None, text=_of_world(step, str(run.actors[1])))
    who, does = str(run.actors[step.actor]), names.command(step.command)
    names.learn(step.after.point.picture)
    changes = tuple(_changes(step.before.point.picture, step.after.point.picture, names))
    match step.act:
        case Act.READS:
            text = f"{who} reads {names.of(step.command.ref)}."
        case Act.COUNTS:
            backlog = step.before.point.picture.backlog
            text = f"{who} is to {does} and counts what is left: {backlog.active} active."
        case Act.LOADS if step is run.taken[-1]:
            text = f"{who} reads the CRM to {does}."
        case Act.LOADS:
            text = f"{who} decides to {does}, and does not commit yet."
        case Act.MEETS_FAULT:
            lead = names.of(Ref(Kind.LEAD, run.walk.faulty or 0))
            text = f"{who} {third_person(does)}: the store cannot write {lead}, and {who} decides to set it aside."
        case _:
            did = f"{who} {third_person(does)}" if whole else f"{who} commits what was decided, to {does}"
            held = step.before.held[step.actor]
            part = ", in a first commit" if held is not None and len(held.steps) > 1 else ""
            text = f"{did}{part}: {_in_words(changes)}."
    return Sentence(actor=who, text=text, changes=changes)


def _of_world(step: Taken, second: str) -> str:
    before, after = step.before.world, step.after.world
    if before.plan_has_classic != after.plan_has_classic:
        return "The company buys the plan with Classic." if after.plan_has_classic else "The plan with Classic ends."
    return f"{second} {'gets' if after.second_may else 'loses'} the right to change settings."


# Changes


def _in_words(changes: Iterable[Change]) -> str:
    """The changes with each record named once where they follow each other."""
    told = [f"{record} {', '.join(map(str, some))}" for record, some in groupby(changes, lambda each: each.record)]
    return "; ".join(told) or "nothing changes"


#: The fields that a person sees change; links and marks show in the other records.
_SHOWN = ("stage", "comments", "completed", "archived")


def _changes(before: Picture, after: Picture, names: Names) -> Iterator[Change]:
    if before is after:
        return
    settings = Ref(Kind.SETTINGS, 0)
    if before.settings != after.settings:
        for field, old, new in (
            ("mode", _mode(before), _mode(after)),
            ("epoch", str(before.settings.epoch), str(after.settings.epoch)),
            ("matching", before.settings.match.value, after.settings.match.value),
        ):
            if old != new:
                yield Change(record=names.of(settings), ref=settings, field=field, before=old, after=new)
    for kind in (Kind.LEAD, Kind.DEAL, Kind.CONTACT, Kind.COMPANY, Kind.LEDGER, Kind.ACTIVITY, Kind.PIPELINE):
        old_records = before.records[kind]
        for id, record in after.records[kind].items():
            yield from _of_record(Ref(kind, id), old_records.get(id), record, names)
    yield from _of_outcomes(before, after, names)
    yield from _of_bindings(before, after, names)


def _mode(picture: Picture) -> str:
    live = picture.settings.switching
    if live is not None:
        return f'switching under "{live.key}"'
    return "Classic" if picture.settings.mode is CrmMode.CLASSIC else "Simple"


def _of_record(ref: Ref, old: Any, new: Any, names: Names) -> Iterator[Change]:
    name = names.of(ref)
    if old is None:
        yield Change(record=name, ref=ref, after="is new")
    elif isinstance(new, Tombstone) and not isinstance(old, Tombstone):
        yield Change(record=name, ref=ref, after="is deleted")
    elif old is not new:
        for field in _SHOWN:
            was, now = getattr(old, field, None), getattr(new, field, None)
            if was != now:
                yield Change(record=name, ref=ref, field=field, before=_shown(was), after=_shown(now))


def _shown(value: Any) -> str:
    return {None: "empty", "": "empty", True: "yes", False: "no"}.get(value, str(value))


def _of_outcomes(before: Picture, after: Picture, names: Names) -> Iterator[Change]:
    for key in sorted(before.outcomes.keys() | after.outcomes.keys()):
        old, new = before.outcomes.get(key), after.outcomes.get(key)
        if old != new:
            ref = Ref(Kind.LEAD, key[1])
            if new is None:
                yield Change(record=names.of(ref), ref=ref, after="loses its mark")
            elif new.kind is OutcomeKind.SET_ASIDE:
                yield Change(record=names.of(ref), ref=ref, after="gets a mark")


def _of_bindings(before: Picture, after: Picture, names: Names) -> Iterator[Change]:
    for id, refs in after.bindings.items():
        old, ref = before.bindings.get(id, frozenset()), Ref(Kind.ACTIVITY, id)
        for verb, some in (("is bound to", refs - old), ("is no longer bound to", old - refs)):
            if some:
                yield Change(record=names.of(ref), ref=ref, after=f"{verb} {_listed(map(names.of, sorted(some)))}")
