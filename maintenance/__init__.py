"""The tools of a maintainer: follow the API, keep the public API compatible, and publish the package."""
