"""What a maintainer runs: to follow the API, to keep what is public compatible, and to publish the package."""
