"""Words by which a column that is not understood may be the stage of leads, in the languages of public exports.

They decide nothing but a refusal: a heading or a cell that is found here is never read as a stage. So a word too many
costs a question, and a word too few a closed lead that is converted. The table stands in docs/spec/import.md.
"""

import re
from collections.abc import Mapping
from unicodedata import combining, normalize

from crmcore.adapters.bitrix24_csv.words.names import STAGE_NAMES

__all__ = ["COMPANIONS", "STAGE_CELLS", "STAGE_HEADINGS", "is_stage_cell", "is_stage_heading", "stage_key"]

#: What the column is called.
STAGE_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "English": ("stage", "status", "state", "phase", "step", "disposition", "converted", "closed", "archived", "lost",
                "won", "deleted"),
    "Russian": ("стадия", "статус", "этап", "состояние", "фаза", "шаг"),
    "Ukrainian": ("стадія", "статус", "етап", "стан"),
    "Italian": ("fase", "stato", "stadio", "esito"),
    "German": ("phase", "status", "stufe", "stadium", "zustand", "stand", "leadstatus", "leadphase"),
    "Spanish": ("etapa", "estado", "fase", "estatus", "situación"),
    "Portuguese": ("etapa", "estado", "fase", "estágio", "status", "situação"),
    "French": ("étape", "état", "phase", "statut", "stade", "situation"),
    "Polish": ("etap", "status", "stan", "faza", "stadium"),
    "Dutch": ("fase", "status", "stadium", "stap"),
    "Czech": ("stav", "fáze", "etapa", "stádium"),
    "Turkish": ("aşama", "aşaması", "durum", "durumu", "statü"),
    "Romanian": ("etapă", "stare", "stadiu", "fază"),
    "Hungarian": ("szakasz", "állapot", "státusz", "fázis"),
    "Danish and Norwegian": ("fase", "trin", "trinn", "tilstand"),
    "Swedish": ("steg", "fas", "skede", "läge"),
    "Finnish": ("vaihe", "tila"),
    "Greek": ("στάδιο", "κατάσταση", "φάση"),
    "Bulgarian": ("етап", "състояние", "фаза"),
    "Arabic": ("المرحلة", "الحالة", "مرحلة", "حالة"),
    "Korean": ("단계", "상태"),
    "Thai": ("สถานะ", "ขั้นตอน"),
    "Vietnamese": ("giai đoạn", "trạng thái", "tình trạng"),
    "Indonesian": ("tahap", "tahapan", "status"),
    "Chinese": ("阶段", "状态", "階段", "狀態", "线索状态", "线索阶段"),
    "Japanese": ("ステージ", "ステータス", "段階", "状態", "フェーズ"),
}  # fmt: skip

#: What may stand beside such a word without making it another one: "Lead Status", "Fase del lead", "Stage ID".
_BESIDE = """
a actual actuel aday aktuell aktuelle aktueller attuale category client clienta cliente code contact crm current
customer cycle da das de deal del dell della dello der des di die do du el en funnel group has id ids interessent
interessenten is klient klienta kunde kunden la le lead lead's leada leads life lifecycle mevcut müşteri name nom
nombre nome obecny of pipeline potansiyel potencjalny prospect prospecto prospectos prospects record sales semantic
the title type value was воронки клиента клієнта лид лида лидов лід ліда поточний продаж сделки текущая текущий
"""
COMPANIONS = frozenset(_BESIDE.split())

#: What such a cell may hold: the standard stages, and what other systems call theirs.
STAGE_CELLS: Mapping[str, tuple[str, ...]] = {
    "English": (
        "new lead", "unassigned", "unprocessed", "not processed", "in progress", "in process", "in work", "processed",
        "converted", "good lead", "quality lead", "high quality lead", "qualified lead", "junk", "junk lead",
        "bad lead", "low quality lead", "lost", "lost lead", "won", "open", "closed", "contacted", "not contacted",
        "open not contacted", "working contacted", "working", "closed converted", "closed not converted", "qualified",
        "unqualified", "not qualified", "disqualified", "pre qualified", "attempted to contact", "contact in future",
        "nurturing", "recycled", "dead", "rejected", "assigned", "unconverted", "closed won", "closed lost", "spam",
        "duplicate", "open deal", "bad timing", "marketing qualified lead", "sales qualified lead",
    ),
    "Russian": (
        "новый", "новая", "новый лид", "новая заявка", "не обработан", "в работе", "в обработке", "обработан",
        "качественный лид", "некачественный лид", "конвертирован", "сконвертирован", "успешно реализовано",
        "закрыто и не реализовано", "отказ", "дубль", "спам", "закрыт", "проигран", "неразобранное",
    ),
    "Ukrainian": (
        "новий", "не оброблений", "не опрацьований", "в роботі", "оброблений", "опрацьований", "якісний лід",
        "неякісний лід", "конвертований", "відмова", "спам",
    ),
    "Italian": (
        "nuovo", "non assegnato", "non elaborato", "non lavorato", "in lavorazione", "in corso", "elaborato",
        "lavorato", "convertito", "lead di qualità", "lead di alta qualità", "lead di buona qualità", "lead buono",
        "buon lead", "lead di bassa qualità", "lead di scarsa qualità", "lead spazzatura", "lead scadente",
        "lead perso",
        "perso",
        "vinto", "chiuso", "scartato", "non qualificato", "qualificato", "contattato",
    ),
    "German": (
        "neu", "nicht zugewiesen", "nicht bearbeitet", "unbearbeitet", "in bearbeitung", "in arbeit", "bearbeitet",
        "konvertiert", "umgewandelt", "qualitätslead", "qualifizierter lead", "guter lead", "hochwertiger lead",
        "schlechter lead", "minderwertiger lead", "junk lead", "ungültiger lead", "verloren", "gewonnen", "geschlossen",
        "abgelehnt", "qualifiziert", "nicht qualifiziert", "kontaktiert",
    ),
    "Spanish": (
        "nuevo", "no asignado", "sin asignar", "no procesado", "sin procesar", "en progreso", "en proceso", "en curso",
        "procesado", "convertido", "prospecto bueno", "buen prospecto", "prospecto de calidad", "lead de calidad",
        "lead de alta calidad", "lead bueno", "prospecto malo", "mal prospecto", "prospecto de baja calidad",
        "lead de baja calidad", "lead malo", "prospecto basura", "lead basura", "perdido", "ganado", "cerrado",
        "descartado", "calificado", "cualificado", "no calificado", "no cualificado", "contactado",
    ),
    "Portuguese": (
        "novo", "não atribuído", "não processado", "em andamento", "em processamento", "em progresso", "processado",
        "convertido", "lead bom", "bom lead", "lead de qualidade", "lead de alta qualidade", "lead ruim",
        "lead de baixa qualidade", "lead inválido", "perdido", "ganho", "fechado", "descartado", "qualificado",
        "não qualificado", "desqualificado", "contatado",
    ),
    "French": (
        "nouveau", "non attribué", "non assigné", "non traité", "en cours", "en traitement", "traité", "converti",
        "bon prospect", "prospect de qualité", "prospect de bonne qualité", "lead de qualité", "mauvais prospect",
        "prospect de mauvaise qualité", "prospect indésirable", "lead de mauvaise qualité", "perdu", "gagné", "fermé",
        "qualifié", "non qualifié", "contacté",
    ),
    "Polish": (
        "nowy", "nieprzypisany", "nieprzetworzony", "nieprzydzielony", "w toku", "w trakcie", "w realizacji",
        "przetworzony", "skonwertowany", "przekształcony", "dobry lead", "wartościowy lead", "lead wysokiej jakości",
        "zły lead", "niskiej jakości lead", "lead niskiej jakości", "bezwartościowy lead", "utracony", "przegrany",
        "wygrany", "zamknięty", "zakwalifikowany", "niezakwalifikowany",
    ),
    "Dutch": (
        "nieuw", "niet toegewezen", "in behandeling", "verwerkt", "geconverteerd", "verloren", "gewonnen", "gesloten",
    ),
    "Czech": ("nový", "nepřiřazeno", "probíhá", "zpracováno", "převedeno", "ztraceno", "uzavřeno"),
    "Turkish": (
        "yeni", "atanmamış", "işlenmemiş", "işlemde", "devam ediyor", "işlendi", "işlenmiş", "dönüştürüldü",
        "kaybedildi", "kazanıldı", "kapalı",
    ),
    "Chinese": ("新", "未分配", "进行中", "已处理", "已转换", "无效", "已关闭"),
    "Japanese": ("新規", "未割り当て", "進行中", "処理済み", "コンバート済み", "失注"),
}  # fmt: skip

_BREAK = re.compile(r"(?<=[a-zа-я])(?=[A-ZА-Я])|[\W_]+")


def stage_key(text: str) -> str:
    """A heading or a cell as it is compared here: case, accents, punctuation and humps do not matter.

    >>> stage_key("Situação"), stage_key("leadStatus"), stage_key("Open - Not Contacted"), stage_key("LEAD_STATUS")
    ('situacao', 'lead status', 'open not contacted', 'lead status')
    """
    plain = "".join(each for each in normalize("NFKD", text) if not combining(each))
    plain = plain.replace("ł", "l").replace("ı", "i")
    return " ".join(_BREAK.sub(" ", plain).casefold().split())


_HEADINGS = frozenset(stage_key(word) for words in STAGE_HEADINGS.values() for word in words)
_COMPANIONS = frozenset(stage_key(word) for word in COMPANIONS)
_CELLS = frozenset(
    stage_key(word) for words in (*STAGE_CELLS.values(), *STAGE_NAMES.values(), tuple(STAGE_NAMES)) for word in words
)


def is_stage_heading(heading: str) -> bool:
    """Whether a heading could be that of the stage.

    >>> [is_stage_heading(each) for each in ("Lead Status", "Fase del lead", "Статус оплаты", "STAGE_ID")]
    [True, True, False, True]
    """
    key = stage_key(heading)
    if key in _HEADINGS:
        return True
    words = key.split()
    named = any(word in _HEADINGS for word in words)
    return named and all(word in _HEADINGS or word in _COMPANIONS for word in words)


def is_stage_cell(cell: str) -> bool:
    """Whether a cell could be the name or the code of a stage."""
    return stage_key(cell) in _CELLS
