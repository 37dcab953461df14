"""The command line: the composition root, which picks adapters and starts things."""
