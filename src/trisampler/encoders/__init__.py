"""Text to vectors: models, pooling, prompts, precision, fingerprints and the embedding store."""
