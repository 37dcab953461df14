"""Calls: what was said by voice, on record by post, with an agreed text, each side's own, and commitments."""
