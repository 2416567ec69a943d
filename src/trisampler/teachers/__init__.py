"""A second model's opinion of queries and documents, for denoising, margins and distillation."""
