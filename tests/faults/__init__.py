"""Real processes killed at random while alerts are under way: `make faults`."""
