"""HubSpot through hubspot-api-client, on a transport of ours that adds what it lacks."""
