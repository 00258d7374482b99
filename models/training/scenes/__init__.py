"""Scenes synthesised in code, with captions: what the image generator's grounds are learned from."""
