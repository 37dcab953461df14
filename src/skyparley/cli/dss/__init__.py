"""`skyparley token …` and `skyparley shadow`: keys and tokens to try things out, another DSS to watch."""
