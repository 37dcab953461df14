"""Calls in a running node."""
