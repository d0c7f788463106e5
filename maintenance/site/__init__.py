"""The documentation site: its pages are put together here, Zensical makes HTML of them, and the result is checked."""
