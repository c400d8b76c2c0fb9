"""The maker of the vectors: scenes times commands, recorded from the code and judged by the oracle."""
