"""Give a display its settings and keys: over the till line or over its console."""
