"""Training of the small models that ship: data, loop, and one job a file."""
