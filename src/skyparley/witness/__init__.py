"""A witness: a party's own small process that follows what a node signs, and cosigns it while it only grows."""
