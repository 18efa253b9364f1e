"""The runtime's own source compiled by numba: networks and features at the speed of this processor."""
