"""What looks like the same child or the same caller, and why. Offered, never decided."""
