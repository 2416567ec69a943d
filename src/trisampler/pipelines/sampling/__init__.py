"""Negatives from candidates."""
