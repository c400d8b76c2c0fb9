"""The rules of the two CRM modes, pure: functions over immutable values, on attrs and the pure standard library."""

__all__: list[str] = []
