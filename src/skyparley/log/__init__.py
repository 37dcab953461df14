"""The ordered log: the port, the envelope of an entry, and adapters."""
