"""The database around the portals: its version, its upgrade, and what is in it."""
