"""The shared words: bars, records, enums, errors, catalog, settings, clock, parallel map."""
