"""Compare two descriptions of the API, operation by operation and field by field."""
