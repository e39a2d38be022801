"""The home: its registry, its devices' backends, and what carries intents out."""
