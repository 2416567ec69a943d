"""Work on a Ray cluster: encoding by chunks, exact search by shards, training by Ray Train.

What comes out is what one process makes. Nothing else of the project knows Ray: what is here is
handed to `encoders`, `search` and `training` as functions that they take.
"""
