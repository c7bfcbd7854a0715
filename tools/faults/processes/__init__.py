"""Sales during which a real process is killed."""
