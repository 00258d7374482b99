"""Pure functions that find and order media: n-grams, the hybrid index, scores and slates."""
