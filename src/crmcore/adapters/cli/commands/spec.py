"""`crmcore spec`: the rules, each with its sentences, example, evidence and code; run, or broken, in a clone."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from attrs import evolve
from cyclopts import App

from crmcore.adapters.cli.commands.explore import add_explore
from crmcore.adapters.cli.commands.readings import add_readings
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.endings import bad_call, broken_report, done_report
from crmcore.adapters.cli.work.options import Flag
from crmcore.adapters.cli.work.spec_documents import Family, Spec
from crmcore.adapters.spec import RuleTrace, Trace, read_trace

__all__ = ["add_spec"]

#: What a clone has and a wheel has not.
_CHANGES = Path("tests", "spec", "changes.toml")


def tell_families(trace: Trace) -> Spec:
    """Every family with its counts."""
    return done_report(Spec(), families=tuple(_family(name, rules) for name, rules in trace.families.items()))


def _family(name: str, rules: Sequence[RuleTrace]) -> Family:
    sentences = [sentence for rule in rules for sentence in rule.sentences]
    return Family(
        family=name,
        rules=len(rules),
        sentences=len(sentences),
        proved=sum(sentence.is_proved for sentence in sentences),
        changes=sum(len(sentence.kills) for sentence in sentences),
        examples=sum(rule.example is not None for rule in rules),
    )


def tell_rule(trace: Trace, id: str) -> Spec:
    """One rule, or the one sentence of it that is asked for."""
    rule = trace.find(id)
    if rule is None:
        families = ", ".join(trace.families)
        said = f"expected the id of a rule or of a sentence, such as SWITCH-9 or SWITCH-9.1; families: {families}"
        return bad_call(Spec(), said, "ID", "unknown_rule")
    kept = tuple(each for each in rule.sentences if id in (rule.id, each.id))
    said_by = tuple(each for each in trace.statements if each.id in rule.tags)
    return done_report(Spec(), statements=said_by, rules=(evolve(rule, sentences=kept),))


def run_tests(report: Spec, root: Path | None, *, broken: bool) -> Spec:
    """Run the tests of a rule as they are, or show each fail with the change that breaks its sentence."""
    option = "--break" if broken else "--run"
    if root is None:
        return bad_call(report, "needs a clone of the repository; the package has no tests", option, "no_clone")
    kills = [kill for rule in report.rules for sentence in rule.sentences for kill in sentence.kills]
    if not kills:
        return bad_call(report, "nothing proves this yet, so there is no test to run", option, "no_evidence")
    tests = ["pytest", "-q", "-n0", *dict.fromkeys(kill.test for kill in kills)]
    changes = ["tools.spec_changes", "--show", *(kill.change for kill in kills)]
    command = [sys.executable, "-m", *(changes if broken else tests)]
    done = subprocess.run(command, cwd=root, stdout=sys.stderr, check=False)
    return report if done.returncode == 0 else broken_report(report)


def clone() -> Path | None:
    """The clone that this package is run from, if it is."""
    root = Path(__file__).resolve().parents[5]
    return root if (root / _CHANGES).is_file() else None


def add_spec(app: App, terminal: Terminal) -> None:
    """Add `spec`, and below it `spec explore` and `spec readings`."""
    group = App(name="spec")
    app.command(group)
    add_explore(group, terminal)
    add_readings(group, terminal)

    @group.default
    def spec(id: str | None = None, /, *, run: Flag = False, break_: Flag = False, json: Flag = False) -> int:
        """Show the rules of the specification, or one of them with its evidence.

        For example:
          crmcore spec
          crmcore spec SWITCH-9

        Parameters
        ----------
        id
            A rule such as SWITCH-9, or one of its sentences such as SWITCH-9.1.
        run
            Run the tests that are evidence for it; needs a clone of the repository.
        break_
            Break each sentence in a copy of the repository, and show its test fail; needs a clone.
        json
            Print one JSON document on standard output.
        """
        trace = read_trace()
        if id is None:
            report = bad_call(Spec(), "expected an ID", "ID") if run or break_ else tell_families(trace)
        else:
            report = tell_rule(trace, id.upper())
        for wanted in (False, True):
            if (break_ if wanted else run) and report.exit_code == 0:
                report = run_tests(report, clone(), broken=wanted)
        return terminal.end(report, as_json=json)
