"""Markets whose best possible forecast is known: one file each, found by the catalog of `simulated`."""
