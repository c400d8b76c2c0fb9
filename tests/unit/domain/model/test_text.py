"""What a record shows of itself, in a log or a debugger."""

from crmcore.domain.model.contact import Contact
from crmcore.domain.model.values import CustomFields


def test_a_value_that_is_half_built_itself_is_shown_as_filled() -> None:
    """Whether it is empty cannot be asked yet, and the repr does not fail."""
    contact = object.__new__(Contact)
    object.__setattr__(contact, "custom", object.__new__(CustomFields))
    assert repr(contact) == "Contact(filled=custom)"
