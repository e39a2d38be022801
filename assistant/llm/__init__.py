"""The language model: llama.cpp's engine, constrained choice, and chat."""
