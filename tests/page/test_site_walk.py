"""The walk through the built documents sees what a reader would trip over."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.page.chromium import Chromium


def test_a_request_an_error_and_a_wide_page_are_named(browser: "Chromium", tmp_path: Path) -> None:
    """Each with its page, and a page that is in order is not."""
    from tools.site_walk import wrong_pages

    from tests.page.chromium import HAND

    (tmp_path / "asks.html").write_text("<img src='http://example.com/x.png' width='9' height='9'>", encoding="utf-8")
    (tmp_path / "fails.html").write_text("<script>throw new Error('broken')</script>", encoding="utf-8")
    (tmp_path / "good.html").write_text("<meta name=viewport content='width=device-width'><p>Leads", encoding="utf-8")
    (tmp_path / "wide.html").write_text(
        "<meta name=viewport content='width=device-width'><p style='width: 900px'>Leads", encoding="utf-8"
    )
    wrong = list(wrong_pages(browser, tmp_path, HAND))
    assert {each.partition(" ")[0] for each in wrong} == {"asks.html", "fails.html", "wide.html"}
    assert any("asks for http://example.com/x.png" in each for each in wrong)
    assert any("broken" in each for each in wrong)
    assert any("wider than the window" in each for each in wrong if each.startswith("wide.html"))
