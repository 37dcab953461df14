"""Live and replayed sources that file operations."""
