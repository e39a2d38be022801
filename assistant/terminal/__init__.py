"""The assistant in the terminal."""
