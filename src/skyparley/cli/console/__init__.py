"""The console from a party's own machine."""
