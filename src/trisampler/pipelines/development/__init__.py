"""The fixed pool on which training measures itself."""
