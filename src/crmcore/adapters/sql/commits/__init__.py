"""The commits of the store port: what is checked, and what is written."""
