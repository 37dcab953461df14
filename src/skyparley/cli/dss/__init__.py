"""`skyparley token …`: keys and tokens to try out what a node offers to UTM service suppliers."""
