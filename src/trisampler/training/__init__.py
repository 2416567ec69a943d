"""Contrastive training of an encoder: examples, batches, loss, the loop, checkpoints, dev pool."""
