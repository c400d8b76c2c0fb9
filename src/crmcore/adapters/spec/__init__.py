"""The specification as package data: what `crmcore spec` shows, from statements of the article to tests that fail.

`trace.json` is written from docs/spec by `make docs-sync`, in the form of `trace.schema.json`.
"""

from crmcore.adapters.spec.trace import Kill, RuleTrace, Sentence, Statement, Trace, read_trace

__all__ = ["Kill", "RuleTrace", "Sentence", "Statement", "Trace", "read_trace"]
