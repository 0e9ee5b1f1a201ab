"""The dashboard at /ml/: server-rendered pages, plain ES modules, live by server-sent events."""
