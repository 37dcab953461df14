"""Pairs of answers to one request, as pure functions of values: translated, compared, judged, learned from."""
