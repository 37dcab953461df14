"""What parties sign themselves, over HTTP: their keys, and what there is to sign."""
