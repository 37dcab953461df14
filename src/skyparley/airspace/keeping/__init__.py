"""What the airspace keeps: its records, the hash over them, and the snapshot that holds them all."""
