"""The record: a Merkle tree over the log's entries, its proofs, and signed checkpoints. Pure."""
