"""Agreements (pure): how parties say that they keep apart, and the numbers that the software runs on."""
