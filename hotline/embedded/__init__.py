"""One bare machine: real servers out of wheels, demo data, and everything started together."""
