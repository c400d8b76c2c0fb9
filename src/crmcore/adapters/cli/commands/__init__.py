"""The commands, one subject a file: each reads its options, calls the library and ends in a document."""
