"""Negotiation in a running node: what is proposed, compared exactly before it is sent and before it is accepted."""
