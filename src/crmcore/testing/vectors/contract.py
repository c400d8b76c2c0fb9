"""The vectors as a suite of pytest, for a store of a host: one test a family."""

import pytest

from crmcore.domain.model.image import CrmImage
from crmcore.ports.store import Store
from crmcore.testing.vectors.files import families
from crmcore.testing.vectors.runner import check_vectors

__all__ = ["VectorContract"]


class VectorContract:
    """Every vector of every family on the store of a host.

    A host writes `make_store`; the stores are closed when a vector has been asked.
    """

    def make_store(self, image: CrmImage) -> Store:
        """A new store that holds the records of an image and no others."""
        raise NotImplementedError("a contract suite needs `def make_store(self, image)`")

    @pytest.mark.parametrize("family", families())
    def test_the_vectors_pass(self, family: str) -> None:
        """What every implementation must answer is answered on this store too."""
        check_vectors(self.make_store, family=family)
