"""Evaluation: case files in, results and marks out."""
