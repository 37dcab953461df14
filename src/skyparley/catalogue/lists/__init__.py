"""The messages themselves, as data: one list for each part of the work of a line."""
