"""Bearer tokens of UTM service suppliers (RFC 7519, RFC 8725): whose word they are, and whether they hold."""
