"""The samplers, one file per idea: each is a function from parameters to a `Sampler`."""
