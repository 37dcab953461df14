"""Geometry (pure): shapes in space and time on the WGS 84 ellipsoid, and the cells that cover them."""
