"""The inner loops, in tiers that compute the same bits; `plain` is the reference."""
