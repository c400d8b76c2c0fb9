"""The person at the terminal: tables, the progress bar, refusals in words, the streams, Ctrl-C."""
