"""A language is whole or not there: what its export writes is understood, heading by heading and cell by cell."""

from importlib.resources import files
from pathlib import Path
from typing import NamedTuple, get_args

import pytest

from crmcore.adapters.bitrix24_csv import BadFile, read_activities, read_leads, read_mapping
from crmcore.adapters.bitrix24_csv.cells import read_flag
from crmcore.adapters.bitrix24_csv.languages.catalogue import LANGUAGES, language, languages
from crmcore.adapters.bitrix24_csv.own.file_map import FileMapping
from crmcore.adapters.bitrix24_csv.words.columns import ACTIVITY_COLUMNS, EXPORT_COLUMNS, LEAD_COLUMNS
from crmcore.adapters.bitrix24_csv.words.file_kinds import FileKind, likeness_of
from crmcore.adapters.bitrix24_csv.words.names import activity_names, known_stages, plain, source_code, stage_names
from crmcore.adapters.bitrix24_csv.words.stage_words import is_stage_cell, is_stage_heading
from crmcore.adapters.cli.work.options import ReadingOptions
from crmcore.domain.model.ids import LeadId
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES
from tests.unit.adapters.bitrix24_csv.files import leads_of, write_file


class Words(NamedTuple):
    """An export in one language, by hand and not from the files that are tried: a junk lead, an open one, a call."""

    headings: str
    junk: str
    working: str
    yes: str
    source: str
    activity: str
    call: str
    deals: str


WORDS = {
    "en": Words(
        "ID;Lead name;Stage;First name;Last name;Work phone;Amount;Currency;Source;Available to everyone",
        "Junk lead", "In progress", "yes", "Website", "ID;Lead;Type;Subject;Completed", "Call",
        "ID;Deal name;Deal stage;Pipeline"),
    "ru": Words(
        "ID;Название лида;Стадия;Имя;Фамилия;Рабочий телефон;Сумма;Валюта;Источник;Доступен для всех",
        "Некачественный лид", "В работе", "да", "Веб-сайт", "ID;Лид;Тип;Тема;Завершено", "Звонок",
        "ID;Название сделки;Стадия сделки;Направление"),
    "de": Words(
        "ID;Leadname;Phase;Vorname;Nachname;Telefon;Betrag;Währung;Quelle;Für alle verfügbar",
        "Schlechter Lead", "In Bearbeitung", "ja", "Webseite", "ID;Lead;Typ;Betreff;Erledigt", "Anruf",
        "ID;Name des Auftrags;Auftragsphase;Wahrscheinlichkeit"),
    "es": Words(
        "ID;Nombre del prospecto;Etapa;Nombre;Apellido;Teléfono;Monto;Moneda;Origen;Disponible para todos",
        "Prospecto malo", "En progreso", "sí", "Sitio web", "ID;Prospecto;Tipo;Asunto;Completado", "Llamada",
        "ID;Nombre de la negociación;Etapa de la negociación;Probabilidad"),
    "fr": Words(
        "ID;Nom du prospect;Étape;Prénom;Nom de famille;Téléphone;Montant;Devise;Source;Disponible pour tous",
        "Mauvais prospect", "En cours", "oui", "Site Web", "ID;Prospect;Type;Objet;Terminé", "Appel",
        "ID;Nom de la transaction;Étape de la transaction;Probabilité"),
    "it": Words(
        "ID;Nome del lead;Fase;Nome;Cognome;Telefono;Importo;Valuta;Fonte;Disponibile per tutti",
        "Lead di bassa qualità", "In lavorazione", "sì", "Sito web", "ID;Lead;Tipo;Oggetto;Completato", "Chiamata",
        "ID;Nome dell'affare;Fase dell'affare;Probabilità"),
    "pl": Words(
        "ID;Nazwa leada;Etap;Imię;Nazwisko;Telefon;Kwota;Waluta;Źródło;Dostępny dla wszystkich",
        "Zły lead", "W toku", "tak", "Strona internetowa", "ID;Lead;Typ;Temat;Zakończone", "Połączenie",
        "ID;Nazwa deala;Etap deala;Prawdopodobieństwo"),
    "pt": Words(
        "ID;Nome do lead;Etapa;Nome;Sobrenome;Telefone;Valor;Moeda;Fonte;Disponível para todos",
        "Lead ruim", "Em andamento", "sim", "Site", "ID;Lead;Tipo;Assunto;Concluído", "Chamada",
        "ID;Nome do negócio;Etapa do negócio;Probabilidade"),
}  # fmt: skip


def test_every_language_has_a_file_an_option_and_words_here() -> None:
    """Whoever adds one writes down what its export says."""
    names = {each.name for each in files("crmcore.adapters.bitrix24_csv.languages").iterdir()}
    assert {f"{code}.toml" for code in LANGUAGES} == {name for name in names if name.endswith(".toml")}
    assert set(WORDS) == set(LANGUAGES)
    offered = get_args(get_args(ReadingOptions.__annotations__["language"])[0])[0]
    assert get_args(offered) == LANGUAGES


@pytest.mark.parametrize("code", LANGUAGES)
class TestWords:
    """A file has each section whole, and nothing in it has no meaning."""

    def test_headings(self, code: str) -> None:
        """Each column of the export of leads and each of activities that people see, and no code that there is not."""
        leads, activities = (language(code).words(section) for section in ("leads", "activities"))
        assert [each.code for each in EXPORT_COLUMNS if each.code not in leads] == []
        assert leads.keys() <= {each.code for each in LEAD_COLUMNS}
        assert {"LEAD_ID", "TYPE", "SUBJECT", "COMPLETED", "DEADLINE"} <= activities.keys()
        assert activities.keys() <= {each.code for each in ACTIVITY_COLUMNS}

    @pytest.mark.parametrize("section", ["leads", "activities", "stages", "sources", "types", "flags"])
    def test_no_word_has_two_meanings(self, code: str, section: str) -> None:
        """In its own language a word says one thing."""
        words = [plain(word) for words in language(code).words(section).values() for word in words]
        assert [word for word in words if words.count(word) > 1] == []

    def test_cells(self, code: str) -> None:
        """Stages, sources and types of activities are those of the product; and there is a yes and a no."""
        words = language(code)
        assert words.words("stages").keys() == {stage.code for stage in DEFAULT_LEAD_STAGES.stages}
        assert words.words("types").keys() == activity_names().keys()
        assert words.words("sources").keys() == language("en").words("sources").keys()
        assert [read_flag(word) for key in ("yes", "no") for word in words.words("flags")[key][:1]] == [True, False]

    def test_kinds_of_files(self, code: str) -> None:
        """Each kind that the words tell is one."""
        assert language(code).kinds.keys() <= {kind.name.lower() for kind in FileKind}
        found = likeness_of(WORDS[code].deals.split(";"))
        assert found[FileKind.DEALS].score > found[FileKind.LEADS].score + 1

    @pytest.mark.rule("CSV-3.2")
    def test_words_for_a_stage_column_that_is_not_understood(self, code: str) -> None:
        """Each name of a stage is one; and no other column is called so, but for the state of an address."""
        words = language(code)
        stages = [name for names in words.words("stages").values() for name in names]
        assert [name for name in stages if not is_stage_cell(name)] == []
        assert [name for name in words.words("leads")["STATUS_ID"] if not is_stage_heading(name)] == []
        others = [name for key, names in words.words("leads").items() if "STATUS" not in key for name in names]
        assert [name for name in others if is_stage_heading(name) and name != "State"] == []

    @pytest.mark.rule("CSV-4.1")
    def test_its_export_is_read(self, tmp_path: Path, code: str) -> None:
        """No mapping is needed; where the names of stages are translated, the language has to be told."""
        words = WORDS[code]
        path = write_file(
            tmp_path,
            f"{words.headings}\n1;a;{words.junk};b;c;+1;5;EUR;{words.source};{words.yes}\n2;d;{words.working};;;;;;;\n",
        )
        file = read_leads(path, mapping=FileMapping(language=code))
        assert (file.bad_rows, file.unplaced, file.own_fields, file.all_new) == ((), {}, (), False)
        first, second = file.leads
        assert (first.stage, first.is_active, second.stage) == ("JUNK", False, "IN_PROCESS")
        assert (first.title, first.name.first, first.name.last, first.source, first.opened) == (
            "a", "b", "c", "WEB", True)  # fmt: skip
        assert str(first.amount and first.amount.amount) == "5"
        untold = read_leads(path)
        if "stages" in language(code).seen:
            assert untold.leads == file.leads
        else:
            assert [(row.line, row.code) for row in untold.bad_rows] == [(2, "unknown_stage"), (3, "unknown_stage")]
            assert f"--language {code}" in untold.bad_rows[0].message

    def test_its_activities_are_read(self, tmp_path: Path, code: str) -> None:
        """Their types are called as people see them."""
        words = WORDS[code]
        path = write_file(tmp_path, f"{words.activity}\n5;1;{words.call};a;{words.yes}\n", "activities.csv")
        file = read_activities(path, [LeadId(1)])
        assert (file.bad_rows, file.unplaced) == ((), {})
        ((activity, _),) = file.activities
        assert (activity.kind, activity.subject, activity.completed) == ("call", "a", True)

    def test_its_deals_are_no_leads(self, tmp_path: Path, code: str) -> None:
        """Whatever is told of the language."""
        headings = WORDS[code].deals
        with pytest.raises(BadFile) as caught:
            read_leads(write_file(tmp_path, f"{headings}\n1;a;b;c\n"), mapping=FileMapping(language=code))
        assert caught.value.row.code == "wrong_file"


@pytest.mark.rule("CSV-6.11", "STAGE-2")
def test_a_translated_name_of_a_stage_decides_nothing_until_the_language_is_told(tmp_path: Path) -> None:
    """By a mapping as well; and the names of another language stay unknown then."""
    for code in LANGUAGES:
        seen = {plain(name) for names in stage_names().values() for name in names}
        translated = {
            plain(name) for names in language(code).translated.get("stages", {}).values() for name in names
        } - seen
        assert not translated & known_stages(DEFAULT_LEAD_STAGES).keys()
        assert translated <= known_stages(DEFAULT_LEAD_STAGES, code).keys()
    told = read_mapping(write_file(tmp_path, 'language = "it"\n', "mapping.toml"))
    file = leads_of(tmp_path, "ID;TITLE;STATUS_ID", "1;a;Lead spazzatura", "2;b;Lead ruim", mapping=told)
    assert ([lead.stage for lead in file.leads], [row.line for row in file.bad_rows]) == (["JUNK"], [3])
    with pytest.raises(BadFile, match="the code of a language"):
        read_mapping(write_file(tmp_path, 'language = "xx"\n', "mapping.toml"))


@pytest.mark.parametrize("section", ["leads", "activities", "stages", "sources", "types", "flags"])
def test_a_word_means_the_same_in_every_language(section: str) -> None:
    """So nobody has to say in which language the headings of a file are."""
    means: dict[str, set[str]] = {}
    for each in languages():
        for code, names in each.words(section).items():
            for name in names:
                means.setdefault(plain(name), set()).add(code)
    assert {word: codes for word, codes in means.items() if len(codes) > 1} == {}


@pytest.mark.rule("CSV-6.5")
def test_the_sources_of_every_language_get_their_code() -> None:
    """The same as the product's own; another name gets one made of it."""
    found = [(key, name) for each in languages() for key, names in each.words("sources").items() for name in names]
    assert [name for key, name in found if source_code(name) != key] == []
    assert source_code("Spring fair").startswith("UC_")


def test_a_source_is_given_where_words_were_seen() -> None:
    """Each file says where; a translated word is none that was seen."""
    for each in languages():
        assert each.source
        for section, words in each.seen.items():
            seen = {word for names in words.values() for word in names}
            assert not seen & {word for names in each.translated.get(section, {}).values() for word in names}
