"""Every system, measured on dev and test."""
