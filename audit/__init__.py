"""What happened: an append-only chain of entries, and who read what."""
