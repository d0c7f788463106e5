"""What a maintainer runs to follow the API: compare descriptions, check a server, keep what is public compatible."""
