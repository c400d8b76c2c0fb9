"""What the exports of the product are written in: a file for each language, and the reader of these files."""
