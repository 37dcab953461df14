"""Negotiation: what is proposed to settle a conflict, what its acceptance amends, and the alarm if nothing does."""
