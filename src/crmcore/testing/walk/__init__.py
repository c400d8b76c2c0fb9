"""Every order of the steps of two actors on a small CRM, over the real code or a weakened design of it."""
