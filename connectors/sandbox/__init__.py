"""A Salesforce and a HubSpot on loopback, for demo, tests and rehearsals."""
