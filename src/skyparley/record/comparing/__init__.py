"""Checkpoints held against each other: whether they are of one history, as they come by mail, as they are read out."""
