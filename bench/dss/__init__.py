"""An ASTM F3548-21 DSS under load, beside the usual way to write one, driven by the same generator."""
