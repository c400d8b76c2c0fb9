"""Hostile input of four kinds, drawn from seeds: calls, files, documents and command lines."""
