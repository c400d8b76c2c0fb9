"""The model: what is stored; each value is immutable and checked when it is built."""
