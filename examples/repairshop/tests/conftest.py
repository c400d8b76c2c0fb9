"""How long the tests look for mistakes; `pytest --hypothesis-profile=long` looks longer."""

from hypothesis import settings

settings.register_profile("short", max_examples=25, deadline=None)
settings.register_profile("long", max_examples=500, deadline=None)
settings.load_profile("short")
