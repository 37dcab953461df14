"""The catalogue (pure): structured messages with typed parameters, rendered in every language of the line."""
