"""The custom resources as pydantic models, and nothing else."""
