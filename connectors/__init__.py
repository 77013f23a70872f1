"""Where facts come from and where fields go: export files, Salesforce, HubSpot, the sandbox."""

DISTRIBUTION = "whalecurve"
