"""How the outside is reached, by means: stores, role tables, clocks, files, the command line."""

__all__: list[str] = []
