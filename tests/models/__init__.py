"""Models and data sets to train on: tiny ones that take a second, and a real small language model for the demo.

What is made here looks like a repository of the Hugging Face Hub, so that a folder can be served as one.
"""
