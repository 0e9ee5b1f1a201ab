"""Live events for browsers: one reader of the outbox in each process, and one stream a client."""
