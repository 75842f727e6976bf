"""HTTPS, and the certificates for it."""
