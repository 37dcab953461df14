"""Assistance: an aircraft in distress, everybody concerned called at once, and who acts."""
