"""The plug-in by which pattern columns join the catalog of features: importing it registers them all."""

from alphaplus.patterns.contract import patterns

patterns.names()
