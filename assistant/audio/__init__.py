"""Sound: files, capture, playback, wake word and endpointing."""
