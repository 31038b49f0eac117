"""The account's REST API, as the official client library calls it."""
