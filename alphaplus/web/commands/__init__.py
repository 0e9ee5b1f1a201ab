"""What each command does once its arguments are read: call one workflow and present the result."""
