"""Files as people have them: each is understood, refused for what it is, or its rows are named; none is guessed.

The small files of the shared folder come first, then the same kinds of faults in files of the tests' own.

lines: tables of files and cells, one for each kind of fault, beside the few lines that read them.
"""

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from crmcore.adapters.bitrix24_csv import (
    ActivityFile,
    BadFile,
    FileMapping,
    LeadFile,
    read_activities,
    read_leads,
    read_mapping,
)
from crmcore.adapters.bitrix24_csv.words.file_kinds import FileKind, likeness_of
from crmcore.adapters.bitrix24_csv.words.names import plain
from crmcore.domain.model.ids import LeadId
from crmcore.domain.model.values import PointKind

#: The shared files that are refused as a whole: the code, and the column that is named.
REFUSED = {
    "05-deal-export-ru.csv": ("wrong_file", "Стадия сделки"),
    "07-contact-export-ru.csv": ("wrong_file", "Тип контакта"),
    "09-contact-list-rest.csv": ("wrong_file", "TYPE_ID"),
    "10-own-activities.csv": ("wrong_file", "SUBJECT"),
    "35-other-crm-status.csv": ("unknown_stage_column", "Lead Status"),
    "33-rest-answer.json": ("partial_file", None),
    "44-only-the-id-is-known.csv": ("not_understood", None),
}

#: The shared files of which some rows are bad: lines, code and a word of the message.
BAD_ROWS = {
    "01-italian-export.csv": ([2, 3], "unknown_stage", "--language it"),
    "03-portuguese-export.csv": ([2], "unknown_stage", "--language pt"),
    "18-excel-scientific-phone.csv": ([2, 3], "bad_shape", "digits are lost"),
    "13-own-stages-ru.csv": ([2, 3, 4], "unknown_stage", "mapping"),
    "24-title-on-two-lines.csv": ([2], "invalid_value", "line break"),
    "37-leads-of-known-clients-ru.csv": ([2, 3], "unknown_client", "--unlinked"),
}


def _refusal(path: Path) -> tuple[str, str | None]:
    with pytest.raises(BadFile) as caught:
        read_leads(path)
    return caught.value.row.code, caught.value.row.field


@pytest.mark.rule("IMPORT-1")
@pytest.mark.parametrize("name", REFUSED)
def test_a_shared_file_is_refused(shared: Path, name: str) -> None:
    """Nothing of it is read where the stage is not understood, or where its rows are no leads."""
    assert _refusal(shared / "data" / "field" / name) == REFUSED[name]


@pytest.mark.rule("DATA-2")
@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_shared_file_has_bad_rows(shared: Path, name: str) -> None:
    """The message names the cause."""
    lines, code, word = BAD_ROWS[name]
    file = read_leads(shared / "data" / "field" / name)
    assert [row.line for row in file.bad_rows] == lines
    assert {row.code for row in file.bad_rows} == {code}
    assert all(word in row.message for row in file.bad_rows)


def test_the_shared_files_that_are_read(shared: Path) -> None:
    """Newer codes, lists in cells, whole numbers with a point, several values, rows and columns that say nothing."""
    files = {
        int(path.name[:2]): read_leads(path)
        for path in sorted((shared / "data" / "field").glob("*.csv"))
        if path.name[:2] in ("12", "16", "20", "22", "23", "26", "27")
    }
    assert [file.bad_rows for file in files.values()] == [()] * 7
    assert [(lead.stage, lead.name.first, lead.responsible) for lead in files[12].leads] == [
        ("JUNK", "Ada", 6),
        ("IN_PROCESS", "Ugo", 7),
    ]
    assert [(point.kind, point.type, point.value) for point in files[16].leads[0].contact_points] == [
        (PointKind.PHONE, "MOBILE", "+10005550101"),
        (PointKind.EMAIL, "WORK", "ada@example.com"),
    ]
    assert [lead.responsible for lead in files[20].leads] == [39, 1, 40]
    assert files[20].names.persons == {}
    assert len(files[22].leads[0].contact_points) == len(files[23].leads[0].contact_points) == 2
    assert (len(files[26].leads), [row.code for row in files[26].skipped_rows]) == (2, ["empty_rows"])
    assert files[27].unplaced == {"Файл": 0, "Файл (column 4)": 1}


def test_the_shared_files_of_other_forms_are_read(shared: Path) -> None:
    """An HTML table, a first line that names the delimiter, a page that is asked for, and days of another country."""
    folder = shared / "data" / "field"
    (table,) = read_leads(folder / "31-export.xls").leads
    (marked,) = read_leads(folder / "34-excel-sep-line.csv").leads
    (page,) = read_leads(folder / "33-rest-answer.json", partial=True).leads
    assert (table.title, marked.title, page.title) == ("Десять столов", "Ten desks", "Ten desks")
    assert page.contact_points[0].value == "+10005550101"
    first, second = read_leads(folder / "43-american-dates.csv").leads
    assert (first.birth_date, second.created_at) == (date(1990, 5, 31), datetime(2026, 6, 13, 9, tzinfo=UTC))


def test_the_shared_files_in_other_languages_are_read_once_the_language_is_told(shared: Path) -> None:
    """Their headings are known; the names of their stages are translations, so nobody guesses."""
    folder = shared / "data" / "field"
    first, second = read_leads(folder / "01-italian-export.csv", mapping=FileMapping(language="it")).leads
    assert (first.title, first.stage, second.stage) == ("Dieci scrivanie", "JUNK", "IN_PROCESS")
    assert (first.name.last, first.source, first.contact_points[0].value) == ("Esempio", "WEB", "+39 000 111")
    (lead,) = read_leads(folder / "03-portuguese-export.csv", mapping=FileMapping(language="pt")).leads
    assert (lead.title, lead.stage, str(lead.amount and lead.amount.currency)) == ("Dez mesas", "JUNK", "BRL")


def test_the_shared_files_that_a_mapping_explains(shared: Path, tmp_path: Path) -> None:
    """Stages of a portal's own get a code and a meaning; its own fields are carried without one."""
    folder = shared / "data" / "field"
    (lead,) = read_leads(folder / "15-own-fields-ru.csv").leads
    assert dict(lead.custom) == {
        "UF_CRM_ТИП_УСЛУГИ": "Уборка после ремонта",
        "UF_CRM_ИСТОЧНИК_ТЕЛЕФОНА": "справочник",
        "UF_CRM_ПРИЧИНА_ОТКАЗА": "Дорого",
    }
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(
        """
        [stages]
        "Новая заявка" = "NEW"
        "Первый звонок сделан" = { code = "CALLED", means = "in process" }
        "Дубль" = { code = "DUPLICATE", means = "failure" }
        """,
        encoding="utf-8",
    )
    file = read_leads(folder / "13-own-stages-ru.csv", mapping=read_mapping(mapping))
    assert [lead.is_active for lead in file.leads] == [True, True, False, False]
    assert [stage.code for stage in file.new_stages] == ["CALLED", "DUPLICATE"]


def test_the_shared_headings_in_english_have_their_places(shared: Path) -> None:
    """They are read as their Russian twins are; links to clients may be left out on request."""
    folder = shared / "data" / "field"
    (lead,) = read_leads(folder / "39-english-messengers.csv").leads
    assert [(point.kind, point.type) for point in lead.contact_points] == [
        (PointKind.EMAIL, "MAILING"),
        (PointKind.MESSENGER, "TELEGRAM"),
        (PointKind.MESSENGER, "VK"),
        (PointKind.MESSENGER, "SKYPE"),
        (PointKind.MESSENGER, "VIBER"),
    ]
    assert len(read_leads(folder / "37-leads-of-known-clients-ru.csv", unlinked=True).leads) == 2


def test_the_shared_activities_of_others_are_left_out(shared: Path) -> None:
    """The call of deal 2 has nothing to do with lead 2, and the mail of contact 3 nothing with lead 3."""
    file = read_activities(shared / "data" / "field" / "11-activity-list-rest.csv", [LeadId(id) for id in (1, 2, 3)])
    assert [(activity.id, *(ref.id for ref in bound)) for activity, bound in file.activities] == [(10, 1)]
    assert [(row.line, row.code) for row in file.skipped_rows] == [(3, "other_owner"), (4, "other_owner")]


def test_the_shared_activities_by_name(shared: Path) -> None:
    """The product's names of types become its codes."""
    file = read_activities(shared / "data" / "field" / "41-activity-names.csv", [LeadId(1), LeadId(2)])
    assert [activity.kind for activity, _ in file.activities] == ["call", "email"]


def test_every_shared_file_is_in_a_table_here(shared: Path) -> None:
    """Also the two halves, which tests of several imports read."""
    names = {path.name for path in (shared / "data" / "field").iterdir()} - {"README.md"}
    text = Path(__file__).read_text(encoding="utf-8") + (
        Path(__file__).with_name("test_command_line_again.py").read_text(encoding="utf-8")
    )
    # Those that are read by their numbers, and the leads of two files of activities.
    by_number = ("11", "12", "16", "20", "22", "23", "26", "27")
    assert [name for name in names if name not in text and name[:2] not in by_number] == []


def _leads(folder: Path, content: str, *, all_new: bool = False) -> LeadFile:
    path = folder / "leads.csv"
    path.write_text(content, encoding="utf-8", newline="")
    return read_leads(path, all_new=all_new)


def _activities(folder: Path, content: str) -> ActivityFile:
    path = folder / "activities.csv"
    path.write_text(content, encoding="utf-8", newline="")
    return read_activities(path, [LeadId(id) for id in (1, 2, 3)])


#: Files in which the stage is not understood: content, and the column that is named.
UNKNOWN_STAGES = {
    "Italian": ("ID;TITLE;Stato\n1;a;Lead di bassa qualità\n", "Stato"),
    "German": ("ID;TITLE;Stand\n1;a;Schlechter Lead\n", "Stand"),
    "German in one word": ("ID;TITLE;Leadstatus\n1;a;verloren\n", "Leadstatus"),
    "Spanish": ("ID;TITLE;Etapa del prospecto\n1;a;x\n", "Etapa del prospecto"),
    "Portuguese": ("ID;TITLE;Situação\n1;a;x\n", "Situação"),
    "French": ("ID;TITLE;État du prospect\n1;a;x\n", "État du prospect"),
    "Polish": ("ID;TITLE;Stan\n1;a;x\n", "Stan"),
    "Ukrainian": ("ID;TITLE;Стадія\n1;a;x\n", "Стадія"),
    "Turkish": ("ID;TITLE;Aşama\n1;a;x\n", "Aşama"),
    "Vietnamese": ("ID;TITLE;Giai đoạn\n1;a;x\n", "Giai đoạn"),
    "Japanese": ("ID;TITLE;ステータス\n1;a;x\n", "ステータス"),
    "another system": ("ID,TITLE,lead_status\n1,a,x\n", "lead_status"),
    "in humps": ("ID,TITLE,LeadStatus\n1,a,x\n", "LeadStatus"),
    "a yes or no": ("ID,TITLE,Converted\n1,a,TRUE\n", "Converted"),
    "by a code in a cell": ("ID;TITLE;Kolumna 7\n1;a;x\n2;b;JUNK\n", "Kolumna 7"),
    "by a name in a cell": ("ID;TITLE;Bucket\n1;a;x\n2;b;Junk Lead\n", "Bucket"),
    "by a name in another language": ("ID;TITLE;Bucket\n1;a;Lead Ruim\n", "Bucket"),
    "by a name of this CRM": ("ID;TITLE;Bucket\n1;a;Good lead\n", "Bucket"),
    "beside a stage column that is empty": ("ID;TITLE;STATUS_ID;Bucket\n1;a;;Junk lead\n", "Bucket"),
    "beside a stage column": ("ID;TITLE;STATUS_ID;Stato\n1;a;NEW;x\n", "Stato"),
    "a province that is none": ("ID;TITLE;State\n1;a;Lost\n", "State"),
    "only what it means": ("ID;TITLE;STATUS_SEMANTIC_ID\n1;a;F\n", "STATUS_SEMANTIC_ID"),
    "a stage column that says nothing": ("ID;TITLE;Stage\n1;a;\n2;b; \n", "Stage"),
    "one word for it": ("ID;TITLE;Vertriebsstatus\n1;a;Kein Interesse\n", "Vertriebsstatus"),
    "what it is a status of": ("ID;TITLE;Статус заявки\n1;a;x\n", "Статус заявки"),
    "how leads end": ("ID;TITLE;Outcome\n1;a;x\n", "Outcome"),
    "why leads were lost": ("ID;TITLE;Причина отказа\n1;a;дорого\n", "Причина отказа"),
    "a yes or no in another language": ("ID;TITLE;Chiuso\n1;a;sì\n", "Chiuso"),
    "in letters that look alike": ("ID;TITLE;St\u0430ge\n1;a;x\n", "St\u0430ge"),
    "by a name in letters that look alike": ("ID;TITLE;Bucket\n1;a;Junk l\u0435ad\n", "Bucket"),
    "with a sign that nobody sees": ("ID;TITLE;St\u00adage\n1;a;x\n", "column 3"),
    "Estonian": ("ID;TITLE;Etapp\n1;a;Kadunud\n", "Etapp"),
    "Latvian": ("ID;TITLE;Posms\n1;a;x\n", "Posms"),
    "Lithuanian": ("ID;TITLE;Būsena\n1;a;x\n", "Būsena"),
    "Slovenian": ("ID;TITLE;Stopnja\n1;a;x\n", "Stopnja"),
    "Azerbaijani": ("ID;TITLE;Mərhələ\n1;a;x\n", "Mərhələ"),
    "Kazakh": ("ID;TITLE;Кезең\n1;a;x\n", "Кезең"),
    "Belarusian": ("ID;TITLE;Стадыя\n1;a;x\n", "Стадыя"),
    "Persian": ("ID;TITLE;مرحله\n1;a;x\n", "مرحله"),
    "Georgian": ("ID;TITLE;ეტაპი\n1;a;x\n", "ეტაპი"),
    "an alphabet that nobody here reads": ("ID;TITLE;ލީޑް\n1;a;x\n", "ލީޑް"),
    "an encoding that was mistaken": ("ID;TITLE;Ñòàäèÿ\n1;a;Íåêà÷åñòâåííûé ëèä\n", "Ñòàäèÿ"),
    "the same the other way round": ("ID;TITLE;Ð¡ÑÐ°Ð´Ð¸Ñ\n1;a;x\n", "Ð¡ÑÐ°Ð´Ð¸Ñ"),
    "letters that were lost": ("ID;TITLE;??????\n1;a;?????????? ???\n", "column 3"),
    "no heading above words": ("ID;TITLE;;NAME\n1;a;Kadunud;b\n", "column 3"),
    "the heading of a program": ("ID,TITLE,Unnamed: 2\n1,a,Kadunud\n", "column 3"),
    "the heading of another program": ("ID;TITLE;Spalte3\n1;a;Kadunud\n", "Spalte3"),
    "a second one with a number": ("ID;Lead name;Stage;Stage.1\n1;a;New;Junk lead\n", "Stage.1"),
    "a second one with another number": ("ID;Lead name;Stage;Stage_2\n1;a;New;Junk lead\n", "Stage_2"),
    "the group of stages": ("ID;Название лида;Стадия;Группа стадий\n1;a;В работе;Проваленные\n", "Группа стадий"),
    "when it was closed": ("ID;TITLE;DATE_CLOSED\n1;a;2026-01-01T10:00:00+03:00\n2;b;\n", "DATE_CLOSED"),
    "the deal that came of it": ("ID;TITLE;Deal ID\n1;a;77\n2;b;\n", "Deal ID"),
    "whether it is active": ("ID;TITLE;Active\n1;a;0\n2;b;1\n", "Active"),
    "its quality": ("ID;TITLE;Качество\n1;a;некачественный\n", "Качество"),
    "what it was rejected for": ("ID;TITLE;Reason for rejection\n1;a;Too dear\n", "Reason for rejection"),
    "Hungarian": ("ID;TITLE;Lead státusza\n1;a;x\n", "Lead státusza"),
    "Romanian": ("ID;TITLE;Stadiul\n1;a;x\n", "Stadiul"),
    "Norwegian": ("ID;TITLE;Tilstanden\n1;a;x\n", "Tilstanden"),
    "Russian in Latin letters": ("ID;TITLE;Stadiya\n1;a;x\n", "Stadiya"),
    "why it was lost in Dutch": ("ID;TITLE;Reden van verlies\n1;a;x\n", "Reden van verlies"),
    "why it was lost in Turkish": ("ID;TITLE;Kayıp nedeni\n1;a;x\n", "Kayıp nedeni"),
    "why it was lost in Russian": ("ID;TITLE;Комментарий к отказу\n1;a;дорого\n", "Комментарий к отказу"),
    "why it was lost in Portuguese": ("ID;TITLE;Motivo do descarte\n1;a;x\n", "Motivo do descarte"),
    "why it was lost in Polish": ("ID;TITLE;Powód utraty\n1;a;x\n", "Powód utraty"),
    "how far it is in German": ("ID;TITLE;Bearbeitungsstand\n1;a;x\n", "Bearbeitungsstand"),
    "whether it was meant": ("ID;TITLE;Целевой\n1;a;нет\n", "Целевой"),
}


@pytest.mark.rule("IMPORT-1", "STAGE-2", "CSV-3.2", "CSV-3.4", "CSV-6.4")
@pytest.mark.parametrize("case", UNKNOWN_STAGES)
def test_a_file_whose_stages_are_not_understood_is_refused(tmp_path: Path, case: str) -> None:
    """A lead that is closed there would be converted here; whoever knows better says that all are new."""
    content, field = UNKNOWN_STAGES[case]
    with pytest.raises(BadFile) as caught:
        _leads(tmp_path, content)
    assert (caught.value.row.code, caught.value.row.field) == ("unknown_stage_column", field)
    assert "--all-new" in caught.value.row.message
    taken = _leads(tmp_path, content, all_new=True)
    assert all(lead.is_active for lead in taken.leads)
    # That a row means failure is understood, and no option makes it mean anything else.
    assert len(taken.leads) == (0 if case == "only what it means" else content.count("\n") - 1)


@pytest.mark.rule("CSV-3.5", "CSV-6.1")
@pytest.mark.parametrize(
    "content",
    [
        "ID;TITLE\n1;a\n",
        "ID;TITLE;Stato\n1;a;\n2;b;NaN\n",
        "ID;TITLE;Payment status\n1;a;paid\n",
        "ID;TITLE;Статус оплаты\n1;a;оплачен\n",
        "ID;TITLE;STATUS_ID;Bucket\n1;a;NEW;Junk lead\n",
        "ID;TITLE;State\n1;a;Texas\n",
        "ID;TITLE;STATUS_ID;STATUS_SEMANTIC_ID\n1;a;NEW;P\n",
        "ID;TITLE;COMMENTS\n1;a;lost\n",
        "ID;TITLE;Zahlungsstatus\n1;a;bezahlt\n",
        "ID;TITLE;STATUS_ID;Vertriebsstatus\n1;a;NEW;x\n",
    ],
)
def test_a_file_in_which_no_column_could_be_the_stage_is_read(tmp_path: Path, content: str) -> None:
    """Whether a recorded portal has a stage column or none, its open leads are leads."""
    file = _leads(tmp_path, content)
    assert (file.bad_rows, len(file.leads)) == ((), content.count("\n") - 1)
    assert file.all_new is ("STATUS_ID" not in content)


@pytest.mark.rule("CSV-3.3")
@pytest.mark.parametrize(
    "content, word",
    [
        ("ID;TITLE;x;y;z\n1;a;1;2;3\n", "2 of 5"),
        ("id;name;emails\n1;Ada Sample;ada@example.com\n", "1 of 3"),
        ("ID\n5\n", "nothing but the id"),
        ("ID;PRODUCT_ID\n5;7\n", "nothing but the id"),
        ("ID;First name;Last name;Work phone;Company\n1;Ann;Sample;+1 555;Acme\n", "contacts or companies"),
        ("ID;Имя;Фамилия;Рабочий телефон;Компания: ID\n1;Ада;Проба;+1 555;0\n", "contacts or companies"),
        ("ID;Company name;Work phone;Responsible person\n1;Acme;+1 555;Bob\n", "contacts or companies"),
        ("ID;Firmenname;Telefon;Verantwortlich\n1;Acme;+1 555;Bob\n", "contacts or companies"),
        ("ID;Name;Stage\n1;Ada Sample;New\n", "mapping says which column .*'Name'"),
        ("ID;Name;Price;Currency;Quantity;Section\n1;Lamp;5;EUR;3;x\n", "would be nameless"),
        ("ID;Negociación;Etapa;Moneda;Embudo\n1;a;NEW;EUR;b\n", "would be nameless"),
    ],
)
def test_a_file_that_is_hardly_understood_is_refused(tmp_path: Path, content: str, word: str) -> None:
    """Half of the filled columns at least, something besides the id, and what clients have not."""
    with pytest.raises(BadFile, match=word) as caught:
        _leads(tmp_path, content)
    assert caught.value.row.code == "not_understood"
    assert len(read_leads(tmp_path / "leads.csv", all_new=True, unlinked=True).leads) == 1


def test_the_meaning_of_a_stage_has_to_agree_with_it(tmp_path: Path) -> None:
    """Where code and meaning contradict each other nobody knows whether the lead is closed."""
    file = _leads(tmp_path, "ID;STATUS_ID;STATUS_SEMANTIC_ID\n1;NEW;F\n2;JUNK;F\n3;NEW;x\n")
    assert [lead.id for lead in file.leads] == [2]
    assert [(row.line, row.code) for row in file.bad_rows] == [(2, "unknown_stage"), (4, "unknown_stage")]


#: Files in the eight languages that go wrong in some way: content, and the codes of what is wrong.
IN_LANGUAGES = {
    "a stage in another language than the headings": (
        "ID;Nome del lead;Fase\n1;a;Schlechter Lead\n",
        ["unknown_stage"],
    ),
    "a stage of the portal's own": ("ID;Leadname;Phase\n1;a;Angebot verschickt\n", ["unknown_stage"]),
    "two columns of stages": ("ID;Leadname;Phase;Status\n1;a;NEW;NEW\n", ["heading_twice"]),
    "a status beside the stage": ("ID;Nome del lead;Fase;Stato\n1;a;NEW;Perso\n", ["unknown_stage_column"]),
    "deals": ("ID;Nom de la transaction;Étape;Montant\n1;a;Gagné;5\n", ["wrong_file"]),
    "contacts": ("ID;Vorname;Nachname;Kontakttyp\n1;a;b;Kunde\n", ["wrong_file"]),
    "companies": ("ID;Nazwa firmy;Typ firmy;Branża\n1;a;b;c\n", ["wrong_file"]),
    "activities": ("ID;Tipo;Asunto;Fecha límite;Completado\n1;Llamada;a;;sí\n", ["wrong_file"]),
    "linked to a client": ("ID;Nome do lead;Etapa;Contato: ID\n1;a;NEW;503\n", ["unknown_client"]),
    "a status in French": ("ID;Nom du prospect;Statut\n1;a;Mauvais prospect\n", ["unknown_stage"]),
    "a flag of no language": ("ID;Nome del lead;Disponibile per tutti\n1;a;forse\n", ["bad_flag"]),
    "an amount with groups": ("ID;Leadname;Betrag;Währung\n1;a;1.234,56;EUR\n", ["bad_number"]),
    "a day of either order": ("ID;Nom du prospect;Date de naissance\n1;a;03/04/1990\n", ["date_order"]),
}


@pytest.mark.rule("CSV-4.1")
@pytest.mark.parametrize("case", IN_LANGUAGES)
def test_a_file_in_another_language_goes_wrong_like_an_english_one(tmp_path: Path, case: str) -> None:
    """Headings that are known are held to the same; no lead comes in of which something was not understood."""
    content, codes = IN_LANGUAGES[case]
    try:
        file = _leads(tmp_path, content)
        found, leads = [row.code for row in file.bad_rows], file.leads
    except BadFile as error:
        found, leads = [error.row.code], ()
    assert (found, leads) == (codes, ())


#: Files of other records: their headings and one row.
OTHERS = {
    "deals of the product in Russian": ("ID;Направление;Стадия сделки;Название сделки;Сумма", "deals"),
    "deals of the product in English": ("ID;Deal name;Deal stage;Pipeline;Amount;Currency", "deals"),
    "deals in Italian": ("ID;Nome della trattativa;Fase della trattativa;Importo", "deals"),
    "deals in German": ("ID;Auftragsname;Auftragsphase;Betrag", "deals"),
    "deals in Spanish": ("ID;Nombre de la negociación;Etapa de la negociación", "deals"),
    "deals in Italian by their days": ("ID;Fase;Nome;Importo;Data di inizio;Data di chiusura", "deals"),
    "deals in Spanish by their funnel": ("ID;Embudo;Etapa;Nombre del negocio;Importe", "deals"),
    "deals of another system": ("ID;Deal Name;Deal Stage;Close Date;Amount", "deals"),
    "deals by their codes": ("ID;TITLE;CATEGORY_ID;STAGE_ID;OPPORTUNITY", "deals"),
    "deals by newer codes": ("id;title;categoryId;stageId;opportunity;isNew", "deals"),
    "contacts in English": ("ID;First name;Last name;Contact type;Work phone", "contacts"),
    "contacts in German": ("ID;First name;Last name;Kontakttyp;Work phone", "contacts"),
    "contacts by codes": ("ID;NAME;LAST_NAME;PHOTO;PHONE", "contacts"),
    "contacts by newer codes": ("id;name;lastName;typeId;export", "contacts"),
    "companies in Russian": ("ID;Название компании;Тип компании;Сфера деятельности", "companies"),
    "companies in English": ("ID;Company name;Company type;Industry;Annual revenue", "companies"),
    "companies by codes": ("ID;TITLE;COMPANY_TYPE;INDUSTRY;EMPLOYEES", "companies"),
    "activities by codes": ("ID;OWNER_ID;OWNER_TYPE_ID;SUBJECT;DEADLINE", "activities"),
    "activities by newer codes": ("id;ownerId;ownerTypeId;subject;responsibleId", "activities"),
    "activities by name": ("ID;Тип;Тема;Крайний срок;Завершено", "activities"),
    "contacts by their links": ("ID;NAME;LAST_NAME;COMPANY_ID;PHONE;EMAIL", "contacts"),
    "stages": ("ID;ENTITY_ID;STATUS_ID;NAME;SORT", "stages and sources"),
    "products": ("ID;NAME;PRICE;CURRENCY_ID;CATALOG_ID;SECTION_ID", "products"),
    "users": ("ID;NAME;LAST_NAME;EMAIL;ACTIVE;UF_DEPARTMENT", "users"),
    "quotes": ("ID;TITLE;QUOTE_NUMBER;BEGINDATE;CLOSEDATE;DEAL_ID", "quotes or invoices"),
    "tasks": ("ID;Task;Status;Deadline;Responsible person", "tasks"),
    "tasks in Russian": ("ID;Название;Статус;Крайний срок;Постановщик;Ответственный", "tasks"),
    "tasks by newer codes": ("id;title;status;groupId;stagesId;realStatus", "tasks"),
    "orders": ("ID;Order number;Status;Customer;E-mail", "orders"),
    "employees": ("ID;First name;Last name;E-mail;Department;Hire date", "users"),
    "calls": ("ID;PHONE_NUMBER;CALL_TYPE;CALL_DURATION;CRM_ENTITY_ID", "call statistics"),
    "comments": ("ID;ENTITY_ID;ENTITY_TYPE;COMMENT;AUTHOR_ID", "comments"),
    "what belongs to leads": ("ID;TITLE;LEAD_ID", "deals or contacts or companies or activities"),
}


@pytest.mark.rule("IMPORT-1")
@pytest.mark.parametrize("case", OTHERS)
def test_a_file_of_other_records_is_no_file_of_leads(tmp_path: Path, case: str) -> None:
    """It is told by all of its headings, and the message says what it looks like."""
    headings, kind = OTHERS[case]
    content = f"{headings}\n{';'.join('1' for _ in headings.split(';'))}\n"
    for all_new in (False, True):
        with pytest.raises(BadFile, match=f"one of {kind}:") as caught:
            _leads(tmp_path, content, all_new=all_new)
        assert caught.value.row.code == "wrong_file"


@pytest.mark.parametrize("heading", ["OwnerId", "owner_id"])
def test_the_owner_of_a_lead_elsewhere_is_a_person(tmp_path: Path, heading: str) -> None:
    """Only the product's own code names what a record belongs to."""
    assert len(_leads(tmp_path, f"Id,LastName,Title,Status,{heading}\n1,Sample,a,New,7\n").leads) == 1


@pytest.mark.parametrize(
    "content, kind",
    [
        ("ID;TITLE;STAGE_ID\n1;a;C2:NEW\n", "deals"),
        ("ID;TITLE;STAGE_ID\n1;a;NEW\n2;b;WON\n", "deals"),
        ("ID;TITLE;STAGE_ID\n1;a;DT128_5:NEW\n", "smart process items"),
        ("id,title,stageId,entityTypeId\n1,a,NEW,2\n", "deals"),
        ("id,title,stageId,entityTypeId\n1,a,NEW,31\n", "records of another type"),
    ],
)
def test_other_records_are_told_by_their_stages_too(tmp_path: Path, content: str, kind: str) -> None:
    """The headings of the newer methods are the same for leads and deals."""
    with pytest.raises(BadFile, match=f"one of {kind}") as caught:
        _leads(tmp_path, content)
    assert caught.value.row.code == "wrong_file"


@pytest.mark.parametrize("heading", ["Pipeline", "Type", "TYPE", "Probability", "Industry", "Сделка", "Photo", "Тема"])
def test_one_column_of_somebody_s_own_makes_no_other_file(tmp_path: Path, heading: str) -> None:
    """An export of leads may have a field of such a name."""
    assert len(_leads(tmp_path, f"ID;Lead name;Stage;{heading}\n1;a;Unassigned;x\n").leads) == 1


def test_a_sheet_that_speaks_of_leads_may_say_more_of_their_companies(tmp_path: Path) -> None:
    """Other systems keep industry and revenue on a lead; that the headings say "lead" outweighs both."""
    headings = "ID;First name;Last name;Company name;E-mail;Industry;Annual revenue;Lead source;Lead owner"
    assert len(_leads(tmp_path, f"{headings}\n1;a;b;c;d@e.example;f;5;g;h\n").leads) == 1


@pytest.mark.parametrize(
    "headings",
    [
        "ID;TITLE;CATEGORY_ID;STAGE_ID;LEAD_ID",
        "ID;NAME;LAST_NAME;EXPORT;LEAD_ID",
        "ID;TITLE;STATUS_ID",
        "ID;ENTITY_ID;ENTITY_TYPE;COMMENT;AUTHOR_ID",
        "ID;TITLE;LEAD_ID;FULL_ADDRESS;PHONE_WORK",
        "ID;NAME;LAST_NAME;LEAD_ID;EMAIL",
    ],
)
def test_a_file_of_other_records_is_no_file_of_activities(tmp_path: Path, headings: str) -> None:
    """A deal that came of a lead names it, and would become a to-do of that lead."""
    with pytest.raises(BadFile) as caught:
        _activities(tmp_path, f"{headings}\n{';'.join('1' for _ in headings.split(';'))}\n")
    assert caught.value.row.code == "wrong_file"


#: How files name what an activity belongs to: headings, cells, the leads, and whether others are among them.
REFERENCES = {
    "by numbers": ("OWNER_ID;OWNER_TYPE_ID", "2;1", {2}, False),
    "by newer codes": ("ownerId;ownerTypeId", "2;1", {2}, False),
    "by numbers of a table program": ("OWNER_ID;OWNER_TYPE_ID", "2.0;1.0", {2}, False),
    "by a name": ("OWNER_ID;OWNER_TYPE_ID", "2;Lead", {2}, False),
    "by a prefix": ("OWNER_ID;OWNER_TYPE_ID", "2;L", {2}, False),
    "by a name of the interface": ("OWNER_ID;OWNER_TYPE_ID", "2;CRM_LEAD", {2}, False),
    "a deal": ("OWNER_ID;OWNER_TYPE_ID", "2;2", set(), True),
    "a deal by name": ("OWNER_ID;OWNER_TYPE_ID", "2;Deal", set(), True),
    "a contact in Russian": ("OWNER_ID;OWNER_TYPE_ID", "3;Контакт", set(), True),
    "a quote": ("OWNER_ID;OWNER_TYPE_ID", "2;7", set(), True),
    "a smart process": ("OWNER_ID;OWNER_TYPE_ID", "2;T80", set(), True),
    "a type alone, beside a lead": ("LEAD_ID;OWNER_TYPE_ID", "2;2", set(), True),
    "a lead, and its type": ("LEAD_ID;OWNER_TYPE_ID", "2;1", {2}, False),
    "as a comment names it": ("ENTITY_ID;ENTITY_TYPE", "2;deal", set(), True),
    "as a comment names a lead": ("ENTITY_ID;ENTITY_TYPE", "2;lead", {2}, False),
    "with its prefix": ("LEAD_ID", "L_2", {2}, False),
    "a deal with its prefix": ("LEAD_ID", "D_2", set(), True),
    "a task": ("UF_CRM_TASK", "L_2;D_3", {2}, False),
    "a task as a list": ("UF_CRM_TASK", "['L_1', 'CO_2', 'C_3']", {1}, False),
    "bindings of our own": ("BINDINGS", "lead:1,deal:2", {1}, False),
    "bindings without a lead": ("BINDINGS", "deal:1,contact:2", set(), True),
    "bindings of the interface": (
        "BINDINGS",
        "[{'OWNER_TYPE_ID': '2', 'OWNER_ID': '1'}, {'OWNER_TYPE_ID': '1', 'OWNER_ID': '3'}]",
        {3},
        False,
    ),
    "bindings of newer methods": ("BINDINGS", '[{""ownerTypeId"": 2, ""ownerId"": 1}]', set(), True),
}


@pytest.mark.rule("IMPORT-1")
@pytest.mark.parametrize("case", REFERENCES)
def test_an_activity_is_bound_to_what_its_row_names(tmp_path: Path, case: str) -> None:
    """The kind belongs to the id: a row of a deal or a client is left out and said, and never bound to a lead."""
    headings, cells, leads, is_left_out = REFERENCES[case]
    quoted = ";".join(f'"{cell}"' for cell in (cells.split(";") if ";" in headings else [cells]))
    file = _activities(tmp_path, f"ID;{headings}\n5;{quoted}\n")
    assert file.bad_rows == ()
    assert {ref.id for _, bound in file.activities for ref in bound} == leads
    assert [row.code for row in file.skipped_rows] == ["other_owner"] * is_left_out


@pytest.mark.rule("CSV-7.4")
@pytest.mark.parametrize(
    "content, code",
    [
        ("ID;OWNER_ID;SUBJECT\n5;2;a\n", "missing_column"),
        ("ID;SUBJECT;OWNER_TYPE_ID\n5;a;1\n", "missing_column"),
    ],
)
def test_half_of_a_reference_is_none(tmp_path: Path, content: str, code: str) -> None:
    """An id without its kind says nothing, and a kind without an id less."""
    with pytest.raises(BadFile) as caught:
        _activities(tmp_path, content)
    assert caught.value.row.code == code


@pytest.mark.parametrize(
    "cells, code", [("2;", "missing_value"), ("2;thing", "bad_id"), ("x;1", "bad_id"), (";1", "missing_value")]
)
def test_an_owner_that_cannot_be_read_makes_a_bad_row(tmp_path: Path, cells: str, code: str) -> None:
    """It is not left out: the row may well be one of a lead."""
    assert [row.code for row in _activities(tmp_path, f"ID;OWNER_ID;OWNER_TYPE_ID\n5;{cells}\n").bad_rows] == [code]


@pytest.mark.parametrize(
    "name, kind",
    [
        ("Call", "call"),
        ("Исходящий звонок", "call"),
        ("Chiamata in entrata", "call"),
        ("Anruf", "call"),
        ("Incoming e-mail", "email"),
        ("Reunión", "meeting"),
        ("Tarefa", "task"),
        ("2.0", "call"),
    ],
)
def test_types_of_activities_are_known_by_name(tmp_path: Path, name: str, kind: str) -> None:
    """Each in the languages of the exports."""
    assert [each.kind for each, _ in _activities(tmp_path, f"ID;LEAD_ID;Type\n5;1;{name}\n").activities] == [kind]


def test_a_type_of_activities_that_nobody_knows_is_answered_with_those_that_are(tmp_path: Path) -> None:
    """The message lists names and not the limits of a code."""
    (row,) = _activities(tmp_path, "ID;LEAD_ID;Type\n5;1;Visita in sede\n").bad_rows
    assert row.code == "bad_kind"
    assert "Meeting, Call, Task, E-mail" in row.message


#: One cell of a lead: its heading, what stands there, and the values that come of it.
CELLS = {
    "a list of the interface": (
        "PHONE", "[{'ID': '5', 'VALUE_TYPE': 'HOME', 'VALUE': '+1 555', 'TYPE_ID': 'PHONE'}]", ["PHONE HOME +1 555"],
    ),
    "the same as JSON": ("EMAIL", '[{"VALUE":"a@b.example","VALUE_TYPE":"HOME"}]', ["EMAIL HOME a@b.example"]),
    "one object": ("PHONE", "{'VALUE': '+1'}", ["PHONE WORK +1"]),
    "a list of texts": ("PHONE_MOBILE", "['+1', '+2', None]", ["PHONE MOBILE +1", "PHONE MOBILE +2"]),
    "a list of numbers": ("PHONE", "[79000000101]", ["PHONE WORK 79000000101"]),
    "an apostrophe in it": ("EMAIL", "[{'VALUE': \"o'neil@b.example\"}]", ["EMAIL WORK o'neil@b.example"]),
    "escapes in it": ("IM", r"['a\'b\xe9\"c']", ["IM OTHER a'bé\"c"]),
    "an empty list": ("PHONE", "[]", []),
    "a phone that became a decimal": ("PHONE", "79000000101.0", ["PHONE WORK 79000000101"]),
    "a phone that became a decimal elsewhere": ("PHONE", "79000000101,0", ["PHONE WORK 79000000101"]),
    "a phone with points": ("PHONE", "555.0100", ["PHONE WORK 555.0100"]),
    "a text formula": ("PHONE", '="+1 555"', ["PHONE WORK +1 555"]),
    "semicolons": ("EMAIL", "a@b.example; c@d.example;", ["EMAIL WORK a@b.example", "EMAIL WORK c@d.example"]),
    "phones by semicolons": ("PHONE", "+1 555;+1 556", ["PHONE WORK +1 555", "PHONE WORK +1 556"]),
    "an extension": ("PHONE", "+1-555;ext=5", ["PHONE WORK +1-555;ext=5"]),
    "sites by semicolons": ("WEB", "http://a.eu;www.b.eu", ["WEB WORK http://a.eu", "WEB WORK www.b.eu"]),
    "a semicolon in a site": ("WEB", "http://a.example/?b;c", ["WEB WORK http://a.example/?b;c"]),
    "lines": ("PHONE", "+1 555\r\n+1 556\n", ["PHONE WORK +1 555", "PHONE WORK +1 556"]),
    "commas": ("PHONE", "+1 555, +1 556", ["PHONE WORK +1 555", "PHONE WORK +1 556"]),
    "nothing in words": ("PHONE", "NaN", []),
    "nothing in other words": ("EMAIL", " None ", []),
    "no number": ("PHONE", "N/A", []),
}  # fmt: skip


@pytest.mark.rule("CONV-3", "CSV-5.7")
@pytest.mark.parametrize("case", CELLS)
def test_a_cell_gives_the_points_that_it_holds(tmp_path: Path, case: str) -> None:
    """Whoever wrote the file: the product, a table program, a spreadsheet or another system."""
    heading, cell, points = CELLS[case]
    quoted = cell.replace('"', '""')
    file = _leads(tmp_path, f'ID,TITLE,{heading}\n1,a,"{quoted}"\n')
    assert file.bad_rows == ()
    prefixes = {"phone": "PHONE", "email": "EMAIL", "website": "WEB", "messenger": "IM"}
    assert [
        f"{prefixes[point.kind.value]} {point.type} {point.value}" for point in file.leads[0].contact_points
    ] == points


@pytest.mark.parametrize(
    "heading, cell, word",
    [
        ("PHONE", "7,9E+10", "shortened"),
        ("PHONE", "4.41E+11", "shortened"),
        ("PHONE", "+1 555,4.41E+11", "shortened"),
        ("PHONE", "['7.9E+10']", "shortened"),
        ("PHONE", "+1 555 / +1 556", "joined by commas"),
        ("PHONE", "#NAME?", "an error"),
        ("EMAIL", "a@b.example|c@d.example", "joined by commas"),
        ("SOURCE_ID", "['WEB']", "a list"),
        ("SOURCE_ID", "Spring fair", "call the column Source"),
        ("OPPORTUNITY", "1.2E+06", "shortened"),
        ("BIRTHDATE", "########", "an error"),
        ("PHONE", "[{'ID': '5'", "a list"),
        ("PHONE", 'a:1:{i:0;s:2:"+1";}', "a list"),
        ("PHONE", "[{'VALUE': {'a': 1}}]", "contact points"),
        ("PHONE", "[{'VALUE': 'a@b.example', 'TYPE_ID': 'EMAIL'}]", "an e-mail"),
        ("EMAIL", "a@b.example;call him", "semicolon"),
        ("PHONE", "+1 555; ask for Ann", "semicolon"),
        ("ASSIGNED_BY_ID", "39.5", "id of a user"),
        ("ASSIGNED_BY_ID", "3.9E+1", "shortened"),
        ("ASSIGNED_BY_ID", "0", "id of a user"),
        ("Responsible person", "['39']", "a list"),
        ("Source", "[{'a': 1}]", "a list"),
        ("TITLE", "two\nlines", "line break"),
        ("TITLE", "a\ttab", "tab"),
        ("Responsible person", "two\nlines", "line break"),
    ],
)
@pytest.mark.rule("DATA-2", "CSV-2.4", "CSV-5.10")
def test_a_cell_of_another_shape_makes_a_bad_row(tmp_path: Path, heading: str, cell: str, word: str) -> None:
    """The message says what the cell looks like, and not what stands there."""
    quoted = cell.replace('"', '""')
    title = "" if heading == "TITLE" else ",TITLE"
    file = _leads(tmp_path, f'ID,{heading}{title}\n1,"{quoted}"{title and ",a"}\n')
    (row,) = file.bad_rows
    assert row.field == heading
    assert word in row.message
    assert len(cell) < 2 or cell not in str(row)


@pytest.mark.parametrize(
    "cell", ["NaN", "nan", "None", "null", "NULL", "N/A", "<NA>", "NaT", "0000-00-00", "#Н/Д", "#NV"]
)
def test_a_word_for_nothing_is_nothing(tmp_path: Path, cell: str) -> None:
    """In every column but that of the stage; and "Null" is somebody's name."""
    headings = "ID;TITLE;COMMENTS;BIRTHDATE;OPPORTUNITY;ASSIGNED_BY_ID;SOURCE_ID;OPENED;UF_CRM_A;Own"
    file = _leads(tmp_path, f"{headings};LAST_NAME\n1{f';{cell}' * 9};Null\n")
    (lead,) = file.leads
    assert (file.bad_rows, file.unplaced, file.names.persons) == ((), {"Own": 0}, {})
    assert (lead.title, lead.comments, lead.responsible, lead.name.last) == (None, None, 1, "Null")
    assert not lead.custom


@pytest.mark.rule("STAGE-2", "CSV-6.1", "CSV-6.3")
@pytest.mark.parametrize("cell", ["NaN", "None", "null", "N/A", "#N/A", " #N/A "])
def test_a_word_for_nothing_is_no_stage(tmp_path: Path, cell: str) -> None:
    """A formula that failed does not make a closed lead a new one; a mapping that calls the word nothing does."""
    content = f"ID;TITLE;STATUS_ID\n1;a;{cell}\n2;b;NEW\n3;c;\n"
    file = _leads(tmp_path, content)
    assert [(row.line, row.field, row.code) for row in file.bad_rows] == [(2, "STATUS_ID", "unknown_stage")]
    assert [(lead.id, lead.stage) for lead in file.leads] == [(2, "NEW"), (3, "NEW")]
    told = FileMapping(nothing=frozenset({plain(cell)}))
    assert len(read_leads(tmp_path / "leads.csv", mapping=told).leads) == 3


@pytest.mark.rule("CSV-5.8")
@pytest.mark.parametrize("cell", ["39", "user_39", "Ugo Sample [39]", "[39] Ugo Sample"])
def test_a_person_with_an_id_has_that_id(tmp_path: Path, cell: str) -> None:
    """However the product writes the employee; nobody who is only named gets the id."""
    file = _leads(tmp_path, f"ID;TITLE;ASSIGNED_BY_ID\n1;a;{cell}\n2;b;Bea\n")
    assert ([lead.responsible for lead in file.leads], file.names.persons) == ([39, 1], {1: "Bea"})
    (found,) = _activities(tmp_path, f"ID;LEAD_ID;RESPONSIBLE_ID\n5;1;{cell}\n").activities
    assert found[0].responsible == 39


@pytest.mark.parametrize("cell", ["1990", "01.05"])
def test_a_year_is_no_day_number(tmp_path: Path, cell: str) -> None:
    """The message does not speak of spreadsheets where somebody left a part of the day out."""
    (row,) = _leads(tmp_path, f"ID;TITLE;BIRTHDATE\n1;a;{cell}\n").bad_rows
    assert (row.code, "spreadsheet" in row.message) == ("bad_date", False)


def test_observers_may_be_a_list(tmp_path: Path) -> None:
    """As the newer methods answer them."""
    file = _leads(tmp_path, 'id,title,stageId,observers\n1,a,NEW,"[5, 6]"\n2,b,NEW,"7.0,8"\n')
    assert [lead.observers for lead in file.leads] == [(5, 6), (7, 8)]


def test_newer_codes_are_read_like_the_older_ones(tmp_path: Path) -> None:
    """Points of all kinds in one cell and own fields too; "name" is the first name only among such codes."""
    file = _leads(
        tmp_path,
        "id,title,name,stageId,address,addressCity,ufCrm_1700,ufCrmMyField,createdTime,contactId,fm\n"
        "1,a,Ada,JUNK,Street 1,Lyon,x,y,2026-05-01T10:00:00+03:00,7,"
        "\"[{'typeId': 'PHONE', 'valueType': 'HOME', 'value': '+1'}, {'typeId': 'EMAIL', 'value': 'a@b.example'}]\"\n",
    )
    (lead,) = file.leads
    assert (lead.stage, lead.name.first, file.unplaced) == ("JUNK", "Ada", {"contactId": 1})
    assert lead.address is not None
    assert (lead.address.street, lead.address.city) == ("Street 1", "Lyon")
    assert dict(lead.custom) == {"UF_CRM_1700": "x", "UF_CRM_MY_FIELD": "y"}
    assert [(point.kind, point.type) for point in lead.contact_points] == [
        (PointKind.PHONE, "HOME"),
        (PointKind.EMAIL, "WORK"),
    ]


#: Rows that do no harm: lines behind the headings, the ids of the leads, and the codes of what is skipped.
HARMLESS = {
    "separators": (["1;a;NEW;;", ";;;;", "; ;;;", ";"], [1], ["empty_rows"]),
    "further products": (["1;a;NEW;Lamp;5", ";;;Chair;6", "2;b;JUNK;;"], [1, 2], ["further_product"]),
    "products with the id alone": (["1;a;NEW;Lamp;5", "1;;;Chair;6"], [1], ["further_product"]),
    "products with the whole row": (["1;a;NEW;Lamp;5", "1;a;NEW;Chair;6"], [1], ["id_again"]),
}


@pytest.mark.rule("CSV-1.5", "CSV-6.10")
@pytest.mark.parametrize("case", HARMLESS)
def test_a_row_that_does_no_harm_is_reported_and_not_refused(tmp_path: Path, case: str) -> None:
    """Spreadsheets leave separators, and the export has a row for each product of a lead."""
    lines, ids, skipped = HARMLESS[case]
    file = _leads(tmp_path, "\n".join(["ID;TITLE;STATUS_ID;PRODUCT_ID;PRICE", *lines]))
    assert file.bad_rows == ()
    assert [lead.id for lead in file.leads] == ids
    assert [row.code for row in file.skipped_rows] == skipped


def test_a_product_of_a_lead_that_cannot_be_read_makes_no_lead(tmp_path: Path) -> None:
    """Else the second row would be a nameless lead in the first stage; above all rows it belongs to nobody."""
    file = _leads(tmp_path, "ID;TITLE;STATUS_ID;PRODUCT_ID\n;;;Chair\n1;a;Hot;Lamp\n1;;;Chair\n")
    assert file.leads == ()
    assert Counter(row.code for row in file.bad_rows) == {"missing_value": 1, "unknown_stage": 1}
    assert [row.code for row in file.skipped_rows] == ["further_product"]


@pytest.mark.rule("DATA-2")
@pytest.mark.parametrize(
    "content",
    [
        "ID;TITLE;NAME1;Desks;Ada Sample\n",
        "ID;TITLE;NAME1;Desks;Ada Sample\n2;Lamps;Ugo\n",
        "ID;TITLE;ada.sample@example.com\n1;Ada Sample;x\n",
        "ID;TITLE;+1 000 555 0101\n1;Ada Sample;+1 000 555 0101\n",
        "ID;TITLE;Ada Sample\n",
    ],
)
def test_a_heading_that_may_be_data_is_named_by_number(tmp_path: Path, content: str) -> None:
    """A line break that is lost behind the headings makes the first lead a part of them."""
    try:
        file = _leads(tmp_path, content)
    except BadFile as error:
        told = str(error)
    else:
        told = f"{[*file.unplaced]} {[*map(str, file.bad_rows)]}"
    assert "column " in told
    told = told.replace(str(tmp_path), "")  # the folder has a number of its own
    assert not any(each in told for each in ("Ada", "ada", "Desks", "555"))


def test_a_lost_line_break_is_said(tmp_path: Path) -> None:
    """Where nothing is left to read, the file has not "no leads": it is refused."""
    with pytest.raises(BadFile, match="line break behind the headings") as caught:
        _leads(tmp_path, "ID;TITLE;NAME1;Desks;Ada\n")
    assert caught.value.row.code == "no_heading"


def test_two_columns_of_one_foreign_name_are_both_reported(tmp_path: Path) -> None:
    """Neither has a place here, so it does not matter which is which; two that have one are still refused."""
    assert _leads(tmp_path, "ID;TITLE;File;file\n1;a;x;y\n", all_new=True).unplaced == {"File": 1, "file (column 4)": 1}
    with pytest.raises(BadFile) as caught:
        _leads(tmp_path, "ID;TITLE;Lead name\n1;a;b\n")
    assert caught.value.row.code == "heading_twice"


@pytest.mark.parametrize(
    "heading, deals, leads",
    [("Номер сделки партнёра", 1, 0), ("Дата нової угоди", 1, 0), ("Источник лида", 0, 2), ("Джерело ліда", 0, 2)],
)
def test_a_heading_of_several_words_speaks_of_its_records(heading: str, deals: int, leads: int) -> None:
    """Also in an alphabet whose letters look like others."""
    found = likeness_of([heading])
    assert (found[FileKind.DEALS].score, found[FileKind.LEADS].score) == (deals, leads)
