"""The runtime's own source, compiled by numba: networks and features at this processor's full speed."""
