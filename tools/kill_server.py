"""`python -m tools.kill_server COPY`: run tests of a copy of the repository, each line of its input in a fork.

A line is a JSON list of tests; the answer is one line: the exit code of pytest, or `null` where the time was over, and
the tests that failed. What the tests import from elsewhere is loaded once; the library itself is loaded anew each time.
"""

import importlib
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

__all__ = ["main"]

_LOADED = (
    "attrs",
    "cattrs",
    "cyclopts",
    "hypothesis.stateful",
    "jinja2",
    "jsonschema",
    "pytest",
    "rich.console",
    "sqlalchemy",
    "sybil",
    "werkzeug",
)
#: Plugins that are loaded already cannot be rewritten any more, of which pytest would warn.
_OPTIONS = ("-q", "-n0", "--tb=no", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")


def main(copy: Path, limit: float) -> int:
    """Answer line by line until the input ends."""
    os.chdir(copy)
    sys.path[:0] = [str(copy / "src"), str(copy)]
    for name in _LOADED:
        importlib.import_module(name)
    answer = copy / ".answer"
    for line in sys.stdin:
        answer.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            os.setsid()  # so that what a test starts ends with it
            resource.setrlimit(resource.RLIMIT_CPU, (int(limit), int(limit) + 1))
            _run(json.loads(line), answer)
        code = _wait(child, limit)
        failed = json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else []
        print(json.dumps([code, failed]), flush=True)
    return 0


def _wait(child: int, limit: float) -> int | None:
    """The exit code, `None` where the time was over; a child ends with everything that it has started.

    Time is that of the processor, so that a busy machine makes no test too slow; one that sleeps has four times of it.
    """
    until = time.monotonic() + 4 * limit
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            return None if code in (-signal.SIGXCPU, -signal.SIGKILL) else code
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _run(tests: list[str], answer: Path) -> None:
    import pytest

    class Told:
        failed: list[str] = []  # noqa: RUF012

        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            if report.failed:
                self.failed.append(report.nodeid)

        def pytest_collectreport(self, report: pytest.CollectReport) -> None:
            if report.failed:
                self.failed.append(report.nodeid)

    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    code = 3
    try:
        code = int(pytest.main([*_OPTIONS, *tests], plugins=[Told()]))
        answer.write_text(json.dumps(Told.failed), encoding="utf-8")
    finally:
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2])))
