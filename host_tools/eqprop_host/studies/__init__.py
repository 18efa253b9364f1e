"""Many runs behind one table: imperfect devices, MNIST, SPICE, sweeps of options, and rivals of other kinds."""
