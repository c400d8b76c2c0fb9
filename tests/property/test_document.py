"""A CRM goes through its document unchanged, whatever is in it."""

from hypothesis import given

from crmcore.adapters.document import dump_crm, load_crm
from crmcore.adapters.memory import InMemoryStore
from crmcore.application.images import image_of
from crmcore.domain.model.image import CrmImage
from crmcore.testing.strategies import crm_images


@given(image=crm_images())
def test_any_crm_comes_back_from_its_document(image: CrmImage) -> None:
    """What a store holds, what its document says and what is loaded from that are one CRM."""
    kept = image_of(InMemoryStore(image))
    text = dump_crm(kept)
    loaded = load_crm(text)
    assert loaded == kept
    assert dump_crm(loaded) == text
