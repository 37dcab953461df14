"""Custody of the parties' details: the vault that keeps them and the exact comparison that finds conflicts."""
