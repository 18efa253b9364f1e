"""Equilibria of resistive circuits: ideal, with wires, with exponential diodes, in time, and by ngspice."""
