"""The rules: what holds for the model, as data and pure functions."""
