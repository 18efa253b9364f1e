"""Kernels of the Hopfield network: `plain` is the reference; `viper` and `thumb` give the same bits."""
