"""`skyparley line …`: what is agreed, who has the watch, and what officers say to each other."""
