"""The sender of the asynchronous client."""
