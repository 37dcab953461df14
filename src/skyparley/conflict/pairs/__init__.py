"""All pairs of many operations at once, streamed over time."""
