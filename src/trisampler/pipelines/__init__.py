"""The stages of the DAG: thin typed nodes around the library."""
