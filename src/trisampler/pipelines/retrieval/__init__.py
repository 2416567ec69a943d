"""The encoder's nearest documents of each training query."""
