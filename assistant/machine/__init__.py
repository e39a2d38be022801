"""The machine that the assistant lives on: settings on the boot partition, the board, and what it owes its owner."""
