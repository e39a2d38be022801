"""Speech recognition: Vosk, and the bias compiled from the house's sentences and names."""
