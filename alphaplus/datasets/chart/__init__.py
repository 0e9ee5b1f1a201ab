"""Charts as PNG for the eye: on a screen, in a message, on a phone."""
