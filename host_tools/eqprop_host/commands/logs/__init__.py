"""Commands that read run logs."""
