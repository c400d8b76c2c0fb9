"""What is missing is skipped, and a failure where everything must run."""

import pytest

from tests.needed import need_module, need_program


@pytest.mark.parametrize("strict", ["", "1"])
def test_what_is_missing_is_skipped_or_fails(strict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`CRMCORE_STRICT=1` makes the difference; what is there is neither."""
    monkeypatch.setenv("CRMCORE_STRICT", strict)
    need_module("json")
    ends = pytest.fail.Exception if strict else pytest.skip.Exception
    with pytest.raises(ends, match="needs no_such_module"):
        need_module("no_such_module")
    assert need_program("no-such-program", "sh").endswith("/sh")
    with pytest.raises(ends, match="needs no-such-program"):
        need_program("no-such-program", "nor-this-one")
