"""Benchmarks: medians and ratios, side by side with a fixed Python baseline and, where there is one, another binary."""
