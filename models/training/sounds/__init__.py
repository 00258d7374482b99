"""Captioned sounds, synthesised in code: what the sound generator learns from beside the catalogue's samples."""
