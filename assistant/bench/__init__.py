"""Benchmarks: each measures in one run what it compares, and gives ratios beside times."""
