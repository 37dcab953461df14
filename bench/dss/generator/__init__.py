"""The load generator: one process, and what runs it and reads its result shares with it."""
