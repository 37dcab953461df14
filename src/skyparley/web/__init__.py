"""HTTP: parse, authenticate, render. No rule lives here."""
