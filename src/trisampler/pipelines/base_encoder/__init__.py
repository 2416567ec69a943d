"""The pretrained encoder that round 1 begins with."""
