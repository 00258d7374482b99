"""Neural networks: the text encoder, the flow transformer and its pipeline, relevance, and their training."""
