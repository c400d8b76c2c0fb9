"""The languages of the package, and those that a host brings as files."""

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from crmcore import InvalidValue
from crmcore.adapters.words import FaultyLanguage, language, languages, read_language
from crmcore.adapters.words.catalogue import packaged_codes
from tests.unit.adapters.words.places import texts_of

ENGLISH = (files("crmcore.adapters.words") / "en.toml").read_text(encoding="utf-8")
#: Words that are the same in English and Italian, and texts that are no words.
SAME_TEXTS = {
    "direction",
    "dates.day",
    "dates.instant",
    "plurals.one",
    "whole.no",
    "whole.nothing",
    "blocked.lead",
    "kinds.lead.one",
    "fields.lead_id",
    "fields.pipeline_id",
    "points.email",
    "points.messenger",
    "lists.unnamed",
    "switches.lead",
    "plan.lost_field.one",
}


def _german(folder: Path, **changed: str) -> Path:
    text = ENGLISH.replace('code = "en"', 'code = "de"').replace('name = "English"', 'name = "Deutsch"')
    for old, new in changed.items():
        assert old in text
        text = text.replace(old, new)
    path = folder / "de.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.rule("POLICY-5")
@pytest.mark.parametrize("code", packaged_codes())
def test_a_language_of_the_package_is_whole(code: str) -> None:
    """It has every text, under the code that its file is named by."""
    assert language(code).code == code


@pytest.mark.rule("POLICY-5")
def test_the_package_speaks_english_and_italian() -> None:
    """Each calls itself by its own name; a language is read once."""
    assert {each.code: each.name for each in languages().values()} == {"en": "English", "it": "Italiano"}
    assert language("it") is languages()["it"]


def test_no_text_was_left_in_english() -> None:
    """A copy that was half translated shows here."""
    english, italian = (texts_of(language(code)) for code in ("en", "it"))
    same = {place for place, text in english.items() if italian.get(place) == text}
    assert same == SAME_TEXTS


def test_a_language_that_the_package_does_not_have_is_refused() -> None:
    """With those that it has; nothing of the code is taken for a name of a file."""
    for code in ("de", "../words/en", "", "EN"):
        with pytest.raises(InvalidValue, match="language: expected one of en, it"):
            language(code)


def test_a_host_brings_a_language(tmp_path: Path) -> None:
    """It stands beside those of the package, and may take the place of one."""
    there = languages(_german(tmp_path))
    assert [(code, each.name) for code, each in there.items()] == [
        ("en", "English"),
        ("it", "Italiano"),
        ("de", "Deutsch"),
    ]
    own = tmp_path / "own.toml"
    own.write_text("\ufeff" + ENGLISH.replace('preview = "Preview"', 'preview = "Dry run"'), encoding="utf-8")
    assert languages(own)["en"].buttons.preview == "Dry run"
    assert languages()["en"].buttons.preview == "Preview"


def test_a_language_that_lacks_a_text_is_not_added(tmp_path: Path) -> None:
    """The error names it."""
    path = _german(tmp_path, **{'preview = "Preview"\n': ""})
    with pytest.raises(FaultyLanguage, match=r"language 'de' has 1 fault: buttons\.preview: expected a text"):
        languages(path)


def test_what_is_no_file_of_text_is_refused(tmp_path: Path) -> None:
    """A folder, nothing at all, bytes that are no text, and too much of it."""
    with pytest.raises(OSError, match="expected a file, found a folder"):
        read_language(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_language(tmp_path / "none.toml")
    bytes_of = tmp_path / "bytes.toml"
    bytes_of.write_bytes(b'code = "\xff"')
    with pytest.raises(InvalidValue, match="language: expected a file in UTF-8"):
        read_language(bytes_of)
    bytes_of.write_bytes(b"#" * (2**20 + 1))
    with pytest.raises(OSError, match="at most 1,048,576 bytes"):
        read_language(bytes_of)


@pytest.mark.slow
def test_the_words_load_no_server_and_no_template() -> None:
    """The command line has them too, and needs neither."""
    code = "import sys; from crmcore.adapters.words import languages; languages(); print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert "crmcore.adapters.words.reader" in loaded
    assert loaded.isdisjoint({"jinja2", "markupsafe", "werkzeug", "cattrs", "rich", "cyclopts", "sqlalchemy"})
