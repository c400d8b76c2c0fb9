"""The database around the portals: its version, its upgrade and its portals."""
