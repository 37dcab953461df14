"""The line (pure): agreements between parties, as rules of the shared airspace."""
