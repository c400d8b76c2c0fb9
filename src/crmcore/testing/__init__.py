"""What a host product's tests can use: strategies, a CRM in memory with its ports, stores that fail on purpose."""

__all__: list[str] = []
