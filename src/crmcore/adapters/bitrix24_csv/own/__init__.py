"""What a file has of its own: headings, fields, signs and words that no list has, and what somebody says they mean."""
