"""The commands of the record: what a node has signed, and verifying it without one."""
