"""What runs: one Ray Serve deployment a file, and the command line."""
