"""The board itself: settings, keys, counters and the supervisor of tasks."""
