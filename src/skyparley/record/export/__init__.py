"""Exports (pure): the log of a pool as sealed files, and their verification. Specified in docs/export.md."""
