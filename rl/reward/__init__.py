"""What people want of generated media: a model of their selections, and the reward made of it."""
