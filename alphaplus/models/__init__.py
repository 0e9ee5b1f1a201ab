"""Model families, how one is fitted, validated and exported."""
