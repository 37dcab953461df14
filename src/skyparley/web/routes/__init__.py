"""The routes of the API, by subject: each a record with its handler, from which app and OpenAPI document are made."""
