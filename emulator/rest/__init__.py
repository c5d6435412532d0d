"""The carrier's REST interface without any network: a request in, a status and a body out."""
