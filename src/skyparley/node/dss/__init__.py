"""The DSS of a node (ASTM F3548-21): what USSs ask with their tokens, and what they are answered."""
