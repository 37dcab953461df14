"""Kinds of parameters: what a client may type, what is kept of it, and when two of them say the same."""
