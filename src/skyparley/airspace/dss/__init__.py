"""The discovery and synchronization service of ASTM F3548-21 (pure): references, subscriptions, availability."""
