"""The benchmarks: every number that Skyparley promises, each beside a baseline measured in the same run."""
