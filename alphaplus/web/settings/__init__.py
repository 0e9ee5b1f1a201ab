"""Django's settings, built from the one `Settings` of AlphaPlus: `embedded` on one machine, `production` behind TLS."""
