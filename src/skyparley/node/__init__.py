"""One running node: propose and apply loop, vault, custodian of exact conflicts, events."""
