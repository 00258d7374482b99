"""Jobs that learn from what people select."""
