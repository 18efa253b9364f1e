"""What a person at a terminal sees and presses: safe text, progress, and interrupts."""
