"""Whether this installation works, what makes it slow, and what to do about it.

Each check yields findings; none changes anything, and none reaches the network but for the MLflow
server that the user has named.
"""
