"""What the assistant does without a device and without a guess: timers, arithmetic, lists, knowledge, translation."""
