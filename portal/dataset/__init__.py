"""The pages of one dataset: what it is, its rows, how to take them, why not all of it."""
