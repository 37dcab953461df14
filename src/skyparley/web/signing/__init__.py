"""What parties sign themselves, over HTTP: the keys for it."""
