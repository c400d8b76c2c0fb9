"""Races on real processes: seeded histories, what was asked and answered, and an oracle written from the rules."""
