"""Benchmarks: this SDK beside its peers, in one run, as ratios. Run them with `make bench`."""
