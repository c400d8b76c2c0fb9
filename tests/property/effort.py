"""How many examples a property tries: a share of the profile's, so that heavy properties stay affordable."""

from hypothesis import HealthCheck, settings

__all__ = ["examples"]


def examples(share: float) -> settings:
    """Settings with this share of the examples of the profile in force, five at least."""
    profile = settings.default
    assert profile is not None  # tests/conftest.py loads one
    return settings(
        max_examples=max(5, int(profile.max_examples * share)),
        # Whole CRMs take a while to draw, and that is what these properties are about.
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
