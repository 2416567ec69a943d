"""What is refused before a run: what parameters and structure only together tell."""
