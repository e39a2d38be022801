"""Understanding: sentence templates, dialogue, and the model's part."""
