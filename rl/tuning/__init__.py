"""Fine-tuning of generators on what people select."""
