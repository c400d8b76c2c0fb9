"""What can be asked of a CRM: single commands and scripts of them."""

from typing import Any

from hypothesis import strategies as st

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import CARDS, MADE, ActivityId, Epoch, Kind, Ref, StageCode, UserId
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.policy import MatchSetting
from crmcore.domain.model.settings import RepeatInquiry
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, LeadStages, Stage, StageSemantics
from crmcore.domain.protocol import commands as asked
from crmcore.testing.strategies import records
from crmcore.testing.strategies.cache import kept, named
from crmcore.testing.strategies.setup import lead_stages, pipelines, policies
from crmcore.testing.strategies.values import codes, lines

__all__ = ["command_sequences", "commands", "creations", "edits", "imports", "inquiries", "tokens"]


@named
def inquiries(*, keys: st.SearchStrategy[str | None] | None = None) -> st.SearchStrategy[asked.TakeInquiry]:
    """Requests, calls, e-mails and inquiries from any other channel."""
    return st.builds(
        asked.TakeInquiry,
        channel=st.one_of(st.sampled_from(("request", "call", "email", "chat")), codes()),
        fields=records.lead_fields(),
        subject=st.one_of(st.none(), lines()),
        key=_keys() if keys is None else keys,
    )


@kept
def _keys() -> st.SearchStrategy[str | None]:
    return st.sampled_from((None, None, None, "k1", "k2", "ключ 3"))


@kept
@st.composite
def imports(draw: st.DrawFn, *, max_leads: int = 2) -> asked.ImportRecords:
    """Imports of leads, with activities that are bound to them, of clients, and of leads to update."""
    ids = draw(st.lists(st.integers(1, 30), max_size=max_leads, unique=True))
    made = tuple([draw(records.leads(id=id)) for id in ids])
    numbers = draw(st.lists(st.integers(1, 30), max_size=2, unique=True)) if ids else []
    return asked.ImportRecords(
        leads=made,
        activities=tuple(
            (
                Activity(id=ActivityId(number), **draw(records.activity_fields())),
                frozenset(Ref(Kind.LEAD, id) for id in draw(st.sets(st.sampled_from(ids), min_size=1))),
            )
            for number in numbers
        ),
        contacts=tuple(draw(st.lists(records.contacts(), max_size=1))),
        companies=tuple(draw(st.lists(records.companies(), max_size=1))),
        updates=tuple(draw(st.lists(st.tuples(records.leads(), st.integers(1, 3)), max_size=1))),
    )


@kept
def _ids(highest: int) -> st.SearchStrategy[int]:
    return st.integers(1, highest)


@kept
def _refs(highest: int, *kinds: Kind) -> st.SearchStrategy[Ref]:
    chosen = kinds or CARDS
    return st.builds(Ref, st.sampled_from(chosen), _ids(highest))


@kept
def _stage_codes() -> st.SearchStrategy[str | None]:
    return st.sampled_from((None, "NEW", "PROCESSED", "JUNK", "CONVERTED", "no-such-stage"))


@kept
@st.composite
def _new_leads(draw: st.DrawFn, highest: int) -> asked.AddLead:
    fields = draw(records.lead_fields())
    stage = draw(_stage_codes())
    if stage is not None:
        fields["stage"] = stage
    for name in draw(st.sets(st.sampled_from(("contact_id", "company_id")))):
        fields[name] = draw(_ids(highest))
    return asked.AddLead(fields=fields, key=draw(_keys()))


@kept
@st.composite
def _new_records(draw: st.DrawFn, highest: int) -> asked.AddRecord:
    kind = draw(st.sampled_from(CARDS[1:]))
    return asked.AddRecord(
        kind=kind, fields={**draw(records.card_fields(kind=kind)), **draw(_links(kind, highest))}, key=draw(_keys())
    )


@kept
def _links(kind: Kind, highest: int) -> st.SearchStrategy[dict[str, Any]]:
    links: dict[str, st.SearchStrategy[Any]] = {}
    if kind in (Kind.LEAD, Kind.DEAL):
        links["contact_id"] = st.one_of(st.none(), _ids(highest))
    if kind is not Kind.COMPANY:
        links["company_id"] = st.one_of(st.none(), _ids(highest))
    if kind is Kind.DEAL:
        links["pipeline_id"] = st.sampled_from((None, 0, 1, 7))
    if kind is Kind.LEAD:
        links["stage"] = st.sampled_from(("NEW", "PROCESSED", "JUNK", "CONVERTED", "no-such-stage"))
    return st.fixed_dictionaries({}, optional=links)


@kept
@st.composite
def edits(draw: st.DrawFn, *, highest: int = 6) -> asked.EditRecord:
    """Edits of at most two fields of a card, with any version."""
    ref = draw(_refs(highest))
    given = {**draw(records.card_fields(kind=ref.kind)), **draw(_links(ref.kind, highest))}
    # An edit of few fields is the one that is accepted for a converted lead.
    wanted = draw(st.lists(st.sampled_from(sorted(given)), max_size=2, unique=True)) if given else []
    return asked.EditRecord(ref=ref, version=draw(st.integers(1, 3)), fields={name: given[name] for name in wanted})


@kept
def tokens() -> st.SearchStrategy[SwitchToken]:
    """Tokens of switches, most of which never were."""
    return st.builds(SwitchToken, st.sampled_from(("s1", "s2")), st.integers(1, 6).map(Epoch))


def _made(highest: int) -> dict[type[asked.Command[Any]], st.SearchStrategy[Any]]:
    """The commands that create something and may bring a key (EDIT-1), by type."""
    return {
        asked.AddLead: _new_leads(highest),
        asked.CopyLead: st.builds(asked.CopyLead, lead_id=_ids(highest), key=_keys()),
        asked.AddRecord: _new_records(highest),
        asked.AddActivity: st.builds(
            asked.AddActivity,
            fields=records.activity_fields(),
            bound_to=st.frozensets(_refs(highest), min_size=1, max_size=3),
            key=_keys(),
        ),
        asked.TakeInquiry: inquiries(),
    }


@kept
def creations(*, highest: int = 6) -> st.SearchStrategy[asked.Command[Any]]:
    """The commands that create something and may bring a key (EDIT-1)."""
    return st.one_of(*_made(highest).values())


def _by_type(highest: int) -> dict[type[asked.Command[Any]], st.SearchStrategy[Any]]:
    """All commands by type, with ids from 1 to `highest`."""
    ids = _ids(highest)
    some_policies = policies(pipelines=(None, 0, 1, 7))
    return {
        **_made(highest),
        asked.CloseLead: st.builds(asked.CloseLead, lead_id=ids, stage=_stage_codes()),
        asked.ReopenLead: st.builds(asked.ReopenLead, lead_id=ids, stage=_stage_codes()),
        asked.DeleteLead: st.builds(asked.DeleteLead, lead_id=ids),
        asked.DeleteRecord: st.builds(asked.DeleteRecord, ref=_refs(highest, *MADE)),
        asked.EraseRecords: st.builds(asked.EraseRecords, refs=st.frozensets(_refs(highest), min_size=1, max_size=3)),
        asked.ConvertLead: st.builds(asked.ConvertLead, lead_id=ids, policy=st.one_of(st.none(), some_policies)),
        asked.EditRecord: edits(highest=highest),
        asked.EditActivity: st.builds(
            asked.EditActivity, activity_id=ids, version=st.integers(1, 3), fields=records.activity_fields()
        ),
        asked.ReopenActivity: st.builds(asked.ReopenActivity, activity_id=ids),
        asked.BindActivity: st.builds(asked.BindActivity, activity_id=ids, ref=_refs(highest)),
        asked.CompleteActivity: st.builds(asked.CompleteActivity, activity_id=ids),
        asked.UnbindActivity: st.builds(asked.UnbindActivity, activity_id=ids, ref=_refs(highest)),
        asked.DeleteActivity: st.builds(asked.DeleteActivity, activity_id=ids),
        asked.DefineLeadStages: st.builds(asked.DefineLeadStages, stages=_changed_stages(), version=st.integers(1, 3)),
        asked.DefinePipeline: st.builds(asked.DefinePipeline, pipeline=pipelines(), version=st.integers(0, 2)),
        asked.ArchivePipeline: st.builds(asked.ArchivePipeline, pipeline_id=st.integers(0, 3)),
        asked.ChangeSettings: st.builds(
            asked.ChangeSettings,
            match=st.sampled_from((None, *MatchSetting)),
            repeat_inquiry=st.sampled_from((None, *RepeatInquiry)),
        ),
        asked.ImportRecords: imports(),
        asked.BeginSwitch: st.builds(asked.BeginSwitch, key=st.sampled_from(("s1", "s2")), policy=some_policies),
        asked.ConvertChunk: st.builds(asked.ConvertChunk, token=tokens(), size=st.integers(1, 3)),
        asked.FinishSwitch: st.builds(asked.FinishSwitch, token=tokens()),
        **{
            kind: st.builds(kind)
            for kind in (asked.ResumeSwitch, asked.RetrySwitch, asked.CancelSwitch, asked.SwitchToClassic)
        },
    }


@kept
def commands(
    *, kind: type[asked.Command[Any]] | None = None, highest: int = 6
) -> st.SearchStrategy[asked.Command[Any]]:
    """All commands or those of one kind, with ids from 1 to `highest`, most of which exist in a small CRM."""
    if kind is not None:
        return _by_type(highest)[kind]
    plain = (asked.ResumeSwitch, asked.RetrySwitch, asked.CancelSwitch, asked.SwitchToClassic)
    others = [made for each, made in _by_type(highest).items() if each not in plain]
    # The four without fields share one place, so that they do not crowd out the others.
    return st.one_of(*others, st.sampled_from([each() for each in plain]))


@kept
def _changed_stages() -> st.SearchStrategy[LeadStages]:
    """The default catalogue with one stage more or less, in another order; or quite another one."""
    known = DEFAULT_LEAD_STAGES.stages
    fewer = st.sampled_from(known).map(lambda gone: tuple(stage for stage in known if stage is not gone))
    more = st.just((*known, Stage(code=StageCode("LOST"), semantics=StageSemantics.FAILURE)))
    good = st.one_of(st.permutations(known).map(tuple), fewer.filter(_has_success), more)
    return st.one_of(good.map(lambda made: LeadStages(stages=made)), lead_stages())


def _has_success(made: tuple[Stage, ...]) -> bool:
    return any(stage.semantics is StageSemantics.SUCCESS for stage in made)


@kept
def command_sequences(
    *, highest: int = 6, max_size: int = 12
) -> st.SearchStrategy[list[tuple[UserId, asked.Command[Any]]]]:
    """Scripts: who asks for what, one after the other."""
    return st.lists(st.tuples(records.actors(), commands(highest=highest)), max_size=max_size)
