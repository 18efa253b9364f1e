"""Terminal output and input: safe text, progress, and interrupts."""
