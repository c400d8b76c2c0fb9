"""The forms of a file, each read as one table: CSV, answers of the REST interface, HTML tables, workbooks."""
