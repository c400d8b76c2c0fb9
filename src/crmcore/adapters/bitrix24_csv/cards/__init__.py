"""The rows of leads, contacts and companies: what they have alike, and how they are linked."""
