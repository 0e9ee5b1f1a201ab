"""Features: values of some bars ago."""
