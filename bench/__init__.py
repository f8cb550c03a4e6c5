"""The measurements, each with its peer beside it. `make bench` runs them all; see README.md."""
