"""What is remembered: media items and their bytes."""
