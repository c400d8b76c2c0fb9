"""What a row is: the tables, and records and values as rows and back."""
