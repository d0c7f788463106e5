"""What asynchronous clients do with models."""
