"""The pages about the platform itself, below /about."""
