"""The DSS over HTTP (ASTM F3548-21, `/dss/v1`): bodies are parsed, answers rendered; every rule lies below."""
