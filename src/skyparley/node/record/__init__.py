"""The record of a running node: its tree and checkpoints on disk, receipts of entries."""
