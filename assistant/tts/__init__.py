"""Speech synthesis: Piper, sentence splitting, spoken forms and the phrase cache."""
