"""Answers from the owner's own files: read, cut into passages, indexed by words and by meaning, and quoted."""
