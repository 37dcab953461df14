"""The read side of a node: what is live, where, and what of it a reader may see."""
