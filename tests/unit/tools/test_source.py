"""The article is held by digests: its lines where it is at hand, and the list of them elsewhere."""

from pathlib import Path

import pytest
from tools.source import article_problems, digest_of, lines_of, normalised, source_problems, texts_of_statements

SPEC = Path(__file__).resolve().parents[3] / "docs" / "spec"


@pytest.fixture(scope="module")
def article(shared: Path) -> str:
    """The article itself, which is no part of the repository."""
    [path] = (shared / "seed").glob("*.txt")
    return path.read_text(encoding="utf-8")


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """The two pages that a test may edit."""
    for name in ("README.md", "source.toml"):
        (tmp_path / name).write_text((SPEC / name).read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def _edit(pages: Path, name: str, old: str, new: str) -> list[str]:
    text = (pages / name).read_text(encoding="utf-8")
    assert old in text
    (pages / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return source_problems(pages)


def test_the_list_holds_together() -> None:
    """Every statement has a line, every line a number, and the digests are those of the list."""
    assert source_problems(SPEC) == []


def test_the_lines_are_those_of_the_article(article: str) -> None:
    """All of them, in their order, between a head and a foot that are the vendor's."""
    assert article_problems(SPEC, article) == []


def test_a_line_that_the_vendor_changed_is_named(article: str) -> None:
    """By its number; spaces, the number of a step and how letters are composed make no difference."""
    changed = article.replace("tutti i lead attivi", "tutti i lead")
    assert article_problems(SPEC, changed)[0] == "docs/spec/source.toml: A26 is not the line of the article any more"
    assert article_problems(SPEC, article.replace("  1. ", "   2.  ")) == []
    assert article_problems(SPEC, article.replace("\u00e0", "a\u0300")) == []


def test_a_line_more_or_another_foot_is_seen(article: str) -> None:
    """A sentence that was added may be a new statement."""
    more = article.replace("Riepilogo", "Riepilogo\nUna riga")
    assert "the article has 54 lines between its head and its foot, source.toml 53" in article_problems(SPEC, more)
    other = article.replace("Vai a Bitrix24", "Vai")
    assert article_problems(SPEC, other) == ["docs/spec/source.toml: the foot of the article is another"]


def test_no_sentence_of_the_article_stands_in_the_repository(article: str) -> None:
    """Labels of options and menu names are facts; a line of more than six words is the vendor's text."""
    sentences = [normalised(line) for line in lines_of(article) if len(line.split()) > 6]
    assert len(sentences) > 20
    for page in (each for each in SPEC.rglob("*") if each.is_file()):
        text = normalised(page.read_text(encoding="utf-8"))
        assert [sentence for sentence in sentences if sentence in text] == []


@pytest.mark.parametrize("statement", texts_of_statements(SPEC))
def test_a_statement_that_says_something_else_is_named(pages: Path, statement: str) -> None:
    """With the digest to write down once it has been read against its lines."""
    text = texts_of_statements(pages)[statement]
    [said] = _edit(pages, "README.md", f"| {statement} | {text} |", f"| {statement} | Not: {text} |")
    digest = digest_of(f"Not: {text}")
    assert said.startswith(f"docs/spec/README.md: {statement} has other words than its digest")
    assert said.endswith(f"write {digest} there")
    old = digest_of(text)
    assert _edit(pages, "source.toml", f'{statement} = "{old}"', f'{statement} = "{digest}"') == []


@pytest.mark.parametrize(
    "old, new, said",
    [
        ('id = "A4"', 'id = "A5"', "the lines are not numbered one by one"),
        ('statements = ["S20"]', "statements = []", "the lines are others than the digest of their list says"),
        ('kind = "link"', 'kind = "heading"', "the lines are others than the digest of their list says"),
        ('statements = ["S4"]', 'statements = ["S99"]', "a line says S99, which does not exist"),
        ('statements = ["S4"]', "statements = []", "no line says S4"),
    ],
)
def test_a_list_that_does_not_hold_together_is_said(pages: Path, old: str, new: str, said: str) -> None:
    """A number, a statement without a line, a line of no statement; whatever else a line is said to be."""
    found = _edit(pages, "source.toml", old, new)
    assert any(each.startswith(f"docs/spec/source.toml: {said}") for each in found)


def test_a_digest_that_was_edited_is_seen_without_the_article(pages: Path) -> None:
    """Each of them, by the digest of the list."""
    text = (pages / "source.toml").read_text(encoding="utf-8")
    digests = [line for line in text.splitlines() if line.startswith("digest = ")]
    assert len(digests) == 53
    for line in sorted(set(digests)):
        (pages / "source.toml").write_text(
            text.replace(line, f'{line[:-2]}{"0" if line[-2] != "0" else "1"}"', 1), encoding="utf-8"
        )
        assert len(source_problems(pages)) == 1
