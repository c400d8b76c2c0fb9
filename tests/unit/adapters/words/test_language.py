"""What a language says of answers and errors: each has a text that means it."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from attrs import fields

import crmcore.adapters
from crmcore import CrmError, Kind, Reason, Ref, Refused, StoreFull
from crmcore.adapters import MissingExtra
from crmcore.adapters.bitrix24_csv import BadFile
from crmcore.adapters.sql import NewerStore
from crmcore.adapters.sql.commits.bisect import UNWRITABLE
from crmcore.adapters.words import Language, languages
from crmcore.adapters.words.catalogue import packaged_codes
from crmcore.adapters.words.sections import CAUSES, FIELDS, RULES
from crmcore.domain.model.fields import ENTITIES
from crmcore.domain.model.integrity import UNREADABLE
from crmcore.domain.rules.binding import NO_CLIENT
from crmcore.domain.rules.conversion import FIELD_MAP


@pytest.fixture(params=packaged_codes())
def language(request: pytest.FixtureRequest) -> Language:
    """Each language of the package, read when a test asks for it: a fault in its file fails tests, not their names."""
    return languages()[request.param]


def test_every_refusal_has_words_of_its_own(language: Language) -> None:
    """No two reasons and no two rules say the same."""
    said = [language.refusal(Refused(reason)) for reason in Reason]
    said += [language.refusal(Refused(Reason.NOT_PERMITTED, why=rule)) for rule in RULES]
    assert len(set(said)) == len(Reason) + len(RULES)


def test_a_narrower_rule_without_a_text_has_that_of_the_reason(language: Language) -> None:
    """The record makes no difference."""
    refused = Refused(Reason.NOT_PERMITTED, Ref(Kind.LEAD, 1), why="PERM-6")
    assert language.refusal(refused) == language.refusals[Reason.NOT_PERMITTED]


def _errors(of: type[CrmError] = CrmError) -> Iterator[type[CrmError]]:
    for each in of.__subclasses__():
        if each.__module__.startswith("crmcore."):
            yield each
            yield from _errors(each)


def _errors_of_the_package() -> list[type[CrmError]]:
    for found in pkgutil.walk_packages(crmcore.adapters.__path__, "crmcore.adapters."):
        if "migrations" not in found.name:
            importlib.import_module(found.name)
    return sorted({*_errors()} - NOT_SHOWN, key=lambda error: error.__name__)


#: A package that is missing shows when the server starts, and no page reads a file.
NOT_SHOWN = {MissingExtra, BadFile}


@pytest.mark.parametrize("error", _errors_of_the_package(), ids=lambda error: str(error.__name__))
def test_every_error_says_more_than_that_something_went_wrong(error: type[CrmError]) -> None:
    """The text of its class, or of the nearest base class that has one."""
    for language in languages().values():
        assert language.error(error.__new__(error)) != language.errors.crm_error


def test_an_error_of_a_hosts_own_has_the_text_of_its_base() -> None:
    """As those of the SQL stores have; one that is of no known kind is told as such."""

    class MyStoreFull(StoreFull):
        """No room in my store."""

    class Strange(CrmError):
        """Nobody knows."""

    for language in languages().values():
        assert language.error(MyStoreFull()) == language.errors.store_full
        assert language.error(NewerStore("crm.db")) == language.errors.wrong_store
        assert language.error(Strange()) == language.errors.crm_error


def test_a_lead_that_is_set_aside_has_a_cause(language: Language) -> None:
    """The codes of the package have words; one of a host's store is shown."""
    assert {NO_CLIENT, UNREADABLE, UNWRITABLE} == set(CAUSES)
    assert len({language.cause(code) for code in CAUSES}) == len(CAUSES)
    assert "disk-7" in language.cause("disk-7")


def test_every_field_has_a_name() -> None:
    """Those of every record, among them all that a conversion may lose; each once."""
    assert set(FIELDS) == {each.name for entity in ENTITIES.values() for each in fields(entity)}
    assert {row.field for row in FIELD_MAP} <= set(FIELDS)
    assert len(set(FIELDS)) == len(FIELDS)
