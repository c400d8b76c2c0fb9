"""What the library costs, measured against code that does the same duties without it."""
