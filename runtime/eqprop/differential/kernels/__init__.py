"""Kernels of the differential network: `plain` is the reference; `viper` and `thumb` give the same bits."""
