"""The contract test: whether a running server answers as the description says, operation by operation."""
