"""What the language is, as data."""
