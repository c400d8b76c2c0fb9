"""The rules of the two CRM modes as pure functions over immutable values; imports attrs and the pure standard library."""

__all__: list[str] = []
