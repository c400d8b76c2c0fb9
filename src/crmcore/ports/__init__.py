"""What the library needs from outside, by role: one Protocol each; the docstrings are the contracts."""

__all__: list[str] = []
