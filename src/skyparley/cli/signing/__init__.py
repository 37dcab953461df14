"""`skyparley keys` and `skyparley operation`: a party's own keys, and what it writes under them."""
