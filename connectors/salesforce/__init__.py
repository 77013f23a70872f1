"""Salesforce through simple-salesforce, on a session of ours that adds what it lacks."""
