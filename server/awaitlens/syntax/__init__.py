"""Text to blocks to trees, with repair of what is half typed."""
