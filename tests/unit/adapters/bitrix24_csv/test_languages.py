"""A language is whole or not there: what its export writes is understood, heading by heading and cell by cell."""

from typing import NamedTuple

import pytest

from crmcore.adapters.bitrix24_csv.cells import read_flag
from crmcore.adapters.bitrix24_csv.words.columns import LANGUAGES, Column
from crmcore.adapters.bitrix24_csv.words.names import ACTIVITY_NAMES, SOURCE_NAMES, known_stages, plain, source_code
from crmcore.adapters.bitrix24_csv.words.stage_words import STAGE_CELLS, STAGE_HEADINGS
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES


class Words(NamedTuple):
    """What an export in one language writes into cells, by hand and not from the tables that are tried."""

    yes: str
    no: str
    stages: dict[str, str]
    sources: dict[str, str]
    activities: dict[str, str]


WORDS = {
    "russian": Words(
        yes="да",
        no="нет",
        stages={
            "NEW": "Не обработан",
            "IN_PROCESS": "В работе",
            "PROCESSED": "Обработан",
            "CONVERTED": "Качественный лид",
            "JUNK": "Некачественный лид",
        },
        sources={
            "CALL": "Звонок",
            "EMAIL": "Электронная почта",
            "WEB": "Веб-сайт",
            "ADVERTISING": "Реклама",
            "PARTNER": "Существующий клиент",
            "RECOMMENDATION": "По рекомендации",
            "TRADE_SHOW": "Выставка",
            "WEBFORM": "CRM-форма",
            "CALLBACK": "Обратный звонок",
            "RC_GENERATOR": "Генератор продаж",
            "STORE": "Интернет-магазин",
            "OTHER": "Другое",
        },
        activities={"meeting": "Встреча", "call": "Звонок", "task": "Задача", "email": "Письмо"},
    ),
    "english": Words(
        yes="yes",
        no="no",
        stages={
            "NEW": "Unassigned",
            "IN_PROCESS": "In progress",
            "PROCESSED": "Processed",
            "CONVERTED": "High-quality lead",
            "JUNK": "Junk lead",
        },
        sources={
            "CALL": "Call",
            "EMAIL": "E-mail",
            "WEB": "Website",
            "ADVERTISING": "Advertising",
            "PARTNER": "Existing client",
            "RECOMMENDATION": "By recommendation",
            "TRADE_SHOW": "Trade show",
            "WEBFORM": "CRM form",
            "CALLBACK": "Callback",
            "RC_GENERATOR": "Sales generator",
            "STORE": "Online store",
            "OTHER": "Other",
        },
        activities={"meeting": "Meeting", "call": "Call", "task": "Task", "email": "E-mail"},
    ),
}


def test_every_language_is_an_attribute_of_a_column_and_has_words_here() -> None:
    """Whoever adds one writes down what its export says."""
    assert tuple(WORDS) == LANGUAGES
    assert set(Column._fields) - {"code", "meaning", "place", "others", "kind", "type"} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
class TestCells:
    """What stands in the cells of an export in this language."""

    def test_yes_and_no(self, language: str) -> None:
        """Of columns such as "available to everyone"."""
        assert (read_flag(WORDS[language].yes), read_flag(WORDS[language].no)) == (True, False)

    def test_stages(self, language: str) -> None:
        """Each of the five has its name."""
        known = known_stages(DEFAULT_LEAD_STAGES)
        said = WORDS[language].stages
        assert said.keys() == {stage.code for stage in DEFAULT_LEAD_STAGES.stages}
        missing = [code for code, name in said.items() if plain(name) not in known or known[plain(name)].code != code]
        assert missing == []

    @pytest.mark.rule("CSV-6.5")
    def test_sources(self, language: str) -> None:
        """Each standard source has its name."""
        said = WORDS[language].sources
        assert said.keys() == SOURCE_NAMES.keys()
        assert [code for code, name in said.items() if source_code(name) != code] == []

    def test_activities(self, language: str) -> None:
        """Each standard type of activities has its name."""
        said = WORDS[language].activities
        assert said.keys() == ACTIVITY_NAMES.keys()
        known = {plain(name): code for code, names in ACTIVITY_NAMES.items() for name in names}
        assert [code for code, name in said.items() if known.get(plain(name)) != code] == []

    def test_words_for_a_stage_column_that_is_not_understood(self, language: str) -> None:
        """Without them a closed lead of such a file would be taken for a new one (IMPORT-1)."""
        assert STAGE_HEADINGS.get(language.capitalize())
        assert STAGE_CELLS.get(language.capitalize())
