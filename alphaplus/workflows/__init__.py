"""The verbs a person or a schedule asks for, each one function."""
