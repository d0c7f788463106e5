"""Embeddings: requests, batches at the same time, and vectors as lists or numpy arrays.

In: texts. Out: `VectorsResponse`. Imports neither `_clients` nor the other features.
"""
