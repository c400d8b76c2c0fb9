"""Stores whose process is killed, whose server stops, whose calls fail and whose disk is full (docs/survival.md)."""
