"""The models: what is wanted (manifest), what is installed and whole, and how what is missing is fetched."""
