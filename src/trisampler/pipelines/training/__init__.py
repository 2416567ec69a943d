"""The encoder of a round, trained."""
