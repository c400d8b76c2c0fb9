"""The words of the files: headings, stages, sources, activity types, and what tells one kind of file from another."""
