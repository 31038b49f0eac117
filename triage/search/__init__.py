"""One box over numbers, names, places, what was said and what was written."""
