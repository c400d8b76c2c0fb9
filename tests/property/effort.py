"""How many examples a property tries: a share of the profile's, at least fifty; docs/design.md states the numbers."""

from hypothesis import HealthCheck, settings

__all__ = ["FEWEST", "HEADLINE", "examples"]

#: No property tries fewer than these, so that one run is worth something.
FEWEST = 50

# Whole CRMs take a while to draw, and that is what these properties are about.
_CALM = [HealthCheck.too_slow, HealthCheck.data_too_large]


def examples(share: float) -> settings:
    """Settings with this share of the examples of the profile in force."""
    return settings(max_examples=max(FEWEST, int(_of_profile() * share)), suppress_health_check=_CALM)


def _of_profile() -> int:
    profile = settings.default
    assert profile is not None  # tests/conftest.py loads one
    return profile.max_examples


#: 300 in `make test`, 3,000 in CI, and ten times the others' where there is time.
HEADLINE = settings(
    max_examples={FEWEST: 300, 120: 3_000}.get(_of_profile(), 10 * _of_profile()), suppress_health_check=_CALM
)
