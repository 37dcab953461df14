"""The line at a running node: agreements as they come in and as they are shown."""
