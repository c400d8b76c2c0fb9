"""The model: what is stored, each value immutable and checked where it is made."""
