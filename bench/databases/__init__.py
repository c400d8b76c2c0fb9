"""The switch on a database against set-based SQL that writes the same rows, and against what else one might write."""
