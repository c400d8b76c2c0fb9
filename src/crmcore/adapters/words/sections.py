"""Which texts a language has, by the part of the page that shows them: a file of a language follows these classes.

A `str` is a text without places, a `Phrase` has the places that its annotation names, a `Counted` besides agrees with
the number {n}. A mapping has a text for each member of its enumeration, or for each key of its annotation.

lines: one list of texts; it holds nothing else.
"""

from collections.abc import Mapping
from typing import Annotated

from attrs import fields_dict, frozen

from crmcore.adapters.words.texts import Counted, Phrase
from crmcore.domain.model.fields import ENTITIES
from crmcore.domain.model.text import Shown
from crmcore.domain.protocol.results import Totals

__all__ = [
    "CAUSES",
    "FIELDS",
    "KINDS",
    "RULES",
    "TOTALS",
    "Blocked",
    "Buttons",
    "Durations",
    "Ended",
    "Errors",
    "KindTexts",
    "Lists",
    "ModeTexts",
    "OptionTexts",
    "OptionsPage",
    "Plan",
    "Requests",
    "Staying",
    "Switches",
    "Switching",
    "ToggleTexts",
    "Unavailable",
    "Whole",
]

#: The kinds of records that have a list, by the name of the kind.
KINDS = tuple(kind.value for kind in ENTITIES)
#: Every field of a record: the head of a column, and how a preview names what is not carried.
FIELDS = tuple(dict.fromkeys(name for entity in ENTITIES.values() for name in fields_dict(entity)))
#: The numbers of a switch.
TOTALS = ("deals", *fields_dict(Totals))
#: Rules that say more than the reason of a refusal.
RULES = ("PERM-3", "PERM-8")
#: The codes that the stores of the package set leads aside with (SWITCH-9).
CAUSES = ("no_client", "unreadable", "unwritable")


@frozen(kw_only=True, repr=False, eq=False)
class Durations(Shown):
    """How long something takes."""

    seconds: Annotated[Counted, "n"]
    minutes: Annotated[Counted, "n"]
    hours: Annotated[Counted, "n"]


@frozen(kw_only=True, repr=False, eq=False)
class OptionTexts(Shown):
    """How a page asks for an option that is chosen from a list."""

    label: str
    help: str


@frozen(kw_only=True, repr=False, eq=False)
class ToggleTexts(Shown):
    """How a page asks for an option that is on or off."""

    label: str
    on: str
    off: str


@frozen(kw_only=True, repr=False, eq=False)
class OptionsPage(Shown):
    """One of the two pages of the product: its menu steps and options (POLICY-5); `OPTION_PAGES` has their order."""

    name: str
    menu: str
    steps: tuple[str, ...]
    introduction: str
    client: OptionTexts
    pipeline_id: OptionTexts
    keep_activities: ToggleTexts


@frozen(kw_only=True, repr=False, eq=False)
class ModeTexts(Shown):
    """One of the two modes (MODE-1)."""

    name: str
    leads: str
    description: str
    advice: str


@frozen(kw_only=True, repr=False, eq=False)
class Whole(Shown):
    """What stands on every page."""

    title: str
    skip: str
    navigation: str
    other_page: str
    who_can_help: str
    yes: str
    no: str
    nothing: str
    mode_now: Annotated[Phrase, "mode"]
    person: Annotated[Phrase, "id"]


@frozen(kw_only=True, repr=False, eq=False)
class Buttons(Shown):
    """What can be clicked or tapped."""

    choose_simple: str
    choose_classic: str
    preview: str
    confirm: str
    back: str
    continue_switch: str
    stop_work: str
    cancel: str
    confirm_cancel: str
    keep_switching: str
    retry: str
    show_leads: str
    find: str
    first_page: str
    next_page: str


@frozen(kw_only=True, repr=False, eq=False)
class Staying(Shown):
    """The page of a CRM in which no switch is under way: Classic, Simple, or Classic that the plan does not offer."""

    chosen: str
    options: str
    switch_effect: str
    no_active_lead: str
    options_kept: str
    classic_effect: str
    plan_without_classic: str
    unlicensed: str
    default_pipeline: str
    active_leads: Annotated[Counted, "n"]


@frozen(kw_only=True, repr=False, eq=False)
class Plan(Shown):
    """The preview of a switch (SWITCH-12)."""

    title: str
    nothing_written: str
    final: str
    moved: str
    moved_after: str
    numbers: str
    records: str
    before: str
    after: str
    options: str
    not_carried: str
    all_carried: str
    leads: str
    becomes: str
    makes_deal: str
    makes_contact: str
    makes_company: str
    finds_contact: Annotated[Phrase, "id"]
    finds_company: Annotated[Phrase, "id"]
    known_clients: Annotated[Counted, "n"]
    lost_field: Annotated[Counted, "n", "field"]
    left_aside: Annotated[Counted, "n"]


@frozen(kw_only=True, repr=False, eq=False)
class Switching(Shown):
    """The page of a live switch."""

    title: str
    continue_help: str
    cancel_question: str
    cancel_effect: str
    new_records: str
    pace: str
    pace_help: str
    stopped: Annotated[Counted, "n", "done"]
    progress: Annotated[Counted, "n", "done"]
    speed: Annotated[Counted, "n"]
    time_left: Annotated[Phrase, "duration"]


@frozen(kw_only=True, repr=False, eq=False)
class Blocked(Shown):
    """The page of a switch that has only leads left which were set aside (SWITCH-9)."""

    title: str
    explanation: str
    lead: str
    cause: str
    advice: str
    what_to_do: str
    hidden_lead: str
    causes: Annotated[Mapping[str, str], CAUSES]
    other_cause: Annotated[Phrase, "code"]
    leads: Annotated[Counted, "n"]


@frozen(kw_only=True, repr=False, eq=False)
class Ended(Shown):
    """What became of the last switch."""

    title: str
    finished: str
    cancelled: str
    cancelled_effect: str
    began: str
    ended: str
    options: str
    numbers: str
    leads: str


@frozen(kw_only=True, repr=False, eq=False)
class Unavailable(Shown):
    """The server or its database does not answer."""

    title: str
    kept: str
    waiting: str
    store_failed: str


@frozen(kw_only=True, repr=False, eq=False)
class KindTexts(Shown):
    """One kind of records."""

    one: str
    many: str
    none: str
    shown: Annotated[Counted, "n"]


@frozen(kw_only=True, repr=False, eq=False)
class Lists(Shown):
    """The lists of records, which only show, and the page of one record."""

    read_only: str
    find: str
    find_help: str
    linked_to: str
    no_links: str
    open: str
    completed: str
    unnamed: Annotated[Phrase, "kind", "id"]


@frozen(kw_only=True, repr=False, eq=False)
class Switches(Shown):
    """The list of switches (SWITCH-10)."""

    title: str
    none: str
    key: str
    state: str
    live: str
    added: str
    outcome: str
    code: str
    lead: str
    ends: Annotated[Mapping[str, str], ("finished", "cancelled")]


@frozen(kw_only=True, repr=False, eq=False)
class Errors(Shown):
    """Errors, under the names of their classes; what has no text of its own has that of its base class."""

    crm_error: str
    invalid_value: str
    contract_broken: str
    store_error: str
    store_busy: str
    store_full: str
    store_read_only: str
    store_corrupt: str
    conflict: str
    outcome_unknown: str
    record_fault: str
    wrong_store: str
    closed_store: str


@frozen(kw_only=True, repr=False, eq=False)
class Requests(Shown):
    """Requests that the server does not carry out."""

    title: str
    unknown_address: str
    wrong_method: str
    not_signed_in: str
    used_link: str
    old_form: str
    foreign: str
    too_large: str
    wrong_choice: Annotated[Phrase, "label"]
    unexpected: str
