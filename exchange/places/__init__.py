"""Places: columns that are coordinates, as points in WGS84, and what is asked of them."""
