"""The audit of an export: its segments verified side by side on all cores, and all of it taken in order."""
