"""Programs that simulated boards need, found or obtained once and kept in the user's cache."""
