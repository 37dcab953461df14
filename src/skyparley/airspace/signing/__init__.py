"""Keys by which parties sign what they write, as entries; and whether a party signs all it writes."""
