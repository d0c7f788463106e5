"""The asynchronous client, which is written; the blocking one beside it is compiled from it."""
