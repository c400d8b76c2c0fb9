"""The reads of the store port: one snapshot, or a page."""
