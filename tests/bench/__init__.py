"""How fast the line is, on this machine: `make bench`. No test: nothing fails because a machine is slow."""
