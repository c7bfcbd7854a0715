"""Cards and phones at the built-in reader."""
