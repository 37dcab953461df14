"""Assistance in a running node: everybody concerned is called at once, and sees who acts."""
