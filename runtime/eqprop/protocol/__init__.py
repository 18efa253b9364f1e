"""What a host and a board say to each other: frames, messages, and samples packed into records."""
