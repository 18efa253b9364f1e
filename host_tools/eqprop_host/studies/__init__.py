"""Studies of many runs: imperfect devices, MNIST, SPICE, sweeps of options, and baselines."""
