"""The protocol: what is asked, read, decided, written and told."""
