"""The sources of the site: nothing is left out, links lead to pages, and pages ask nobody outside for anything."""

import re
from functools import cache
from pathlib import Path

import pytest
from tools import site_check, site_source
from tools.reference import PAGES, reference_pages

import crmcore
import crmcore.ports
import crmcore.testing

ROOT = Path(__file__).resolve().parents[3]


class TestReference:
    """The public surface is drawn from `__all__`."""

    def test_every_public_name_stands_on_one_page(self) -> None:
        """A new name is in the reference as soon as it is public, and once."""
        listed = [(module, name) for page in PAGES for module, name, _ in page.names()]
        assert len(listed) == len(set(listed))
        for module in (crmcore, crmcore.ports, crmcore.testing):
            assert {(module.__name__, name) for name in module.__all__} <= set(listed)

    def test_what_a_constant_means_is_its_comment(self) -> None:
        """A constant has no docstring, and that of its type says nothing of it."""
        assert "The pipeline that is used when a policy names none" in dict(reference_pages())["ids"]

    def test_the_fields_of_commands_have_their_types(self) -> None:
        """What a command takes by name is listed with the type of each."""
        assert "* ``amount``: `Money` or `None`" in dict(reference_pages())["fields"]


@cache
def _pages() -> dict[str, str]:
    return site_source.pages_of(ROOT)


@pytest.mark.slow
class TestSources:
    """All documents are in the site, and lead to each other there."""

    def test_every_page_is_in_the_contents(self) -> None:
        """A page that no list names cannot be found by leafing."""
        contents = (ROOT / site_source.CONTENTS).read_text(encoding="utf-8")
        listed = set(re.findall(r"^(?:.* <)?([a-z][\w/-]*)>?$", contents, re.MULTILINE | re.IGNORECASE))
        pages = {name.removesuffix(".md") for name in _pages()}
        assert listed == pages - {"index"} | {"stories"}

    def test_links_lead_to_pages_of_the_site(self) -> None:
        """What lies outside `docs` comes along, and is linked where it stands then."""
        pages = _pages()
        assert "(project/changelog.md)" in pages["index.md"]
        assert "(../glossary.md#observer)" in pages["project/readme.md"]
        for name, text in pages.items():
            for link in re.findall(r"\]\(([^)\s#:]+)(?:#[^)]*)?\)", text):
                place = (Path("/") / name).parent.joinpath(link).resolve().relative_to("/")
                is_picture = (ROOT / site_source.PICTURES.parent / place).is_file() and place.parts[0] == "pictures"
                is_vectors = (
                    place.parent == site_source.VECTORS_THERE and (ROOT / site_source.VECTORS / place.name).is_file()
                )
                assert place.as_posix() in pages or is_picture or is_vectors, (name, link)

    def test_the_vectors_and_their_schema_are_handed_out(self) -> None:
        """Whoever has the site alone can write an implementation and hold it to them."""
        page = _pages()["spec/vectors.md"]
        linked = set(re.findall(r"\]\(\.\./vectors/data/(\w+\.json)\)", page))
        assert linked == {path.name for path in (ROOT / site_source.VECTORS).iterdir()}

    def test_what_is_there_already_is_left_alone_and_what_is_gone_goes(self, tmp_path: Path) -> None:
        """A second build reads what has changed, and no page outlives its document."""
        site_source.main([str(tmp_path)], stories=dict)
        (tmp_path / "old.md").write_text("# Gone\n", encoding="utf-8")
        before = (tmp_path / "glossary.md").stat().st_mtime_ns
        site_source.main([str(tmp_path)], stories=dict)
        assert not (tmp_path / "old.md").exists()
        assert (tmp_path / "glossary.md").stat().st_mtime_ns == before


class TestRequests:
    """A page that asks somebody outside does not work without a network."""

    @pytest.mark.parametrize(
        "text",
        [
            '<script src="https://cdn.example/x.js"></script>',
            '<link rel="stylesheet" href="//fonts.example/css">',
            '<link rel="preconnect" href="https://fonts.example">',
            '<img src="http://example.com/badge.svg">',
            '<p style="background: url(https://example.com/x.png)">',
            "<style>@import 'https://fonts.example/css';</style>",
        ],
    )
    def test_a_request_is_found(self, tmp_path: Path, text: str) -> None:
        """Scripts, styles, fonts and pictures are fetched, wherever a page names them."""
        (tmp_path / "page.html").write_text(text, encoding="utf-8")
        assert [name for name, _ in site_check.requests_of(tmp_path)] == ["page.html"]

    def test_a_request_of_a_style_sheet_is_found(self, tmp_path: Path) -> None:
        """A font is fetched by the style sheet that names it."""
        (tmp_path / "a.css").write_text("@font-face { src: url(https://fonts.example/a.woff2) }", encoding="utf-8")
        assert list(site_check.requests_of(tmp_path)) == [("a.css", "https://fonts.example/a.woff2")]

    def test_what_a_reader_follows_or_lies_beside_is_none(self, tmp_path: Path) -> None:
        """A link to elsewhere is no request, nor is a file of the site."""
        text = '<a href="https://example.com">x</a><script src="_static/x.js"></script><link rel="canonical" href="https://e.x/">'
        (tmp_path / "page.html").write_text(text, encoding="utf-8")
        assert list(site_check.requests_of(tmp_path)) == []

    def test_a_site_without_pages_or_with_requests_fails(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """An empty folder is not taken for a good one."""
        assert site_check.main([str(tmp_path)]) == 1
        for name in ("index.html", "search.html", "searchindex.js"):
            (tmp_path / name).write_text("", encoding="utf-8")
        assert site_check.main([str(tmp_path)]) == 0
        (tmp_path / "index.html").write_text('<img src="https://example.com/x.png">', encoding="utf-8")
        assert site_check.main([str(tmp_path)]) == 1
        assert "index.html: asks for https://example.com/x.png" in capsys.readouterr().out
