"""The REST API: a router for each noun, errors as problem details, everything typed by schemas."""
