"""One file for each version, in order; none is ever edited after a release."""
