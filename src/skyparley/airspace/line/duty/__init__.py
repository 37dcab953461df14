"""Duty (pure): the posts of parties, who has the watch, and whether the line answers when it is tested."""
