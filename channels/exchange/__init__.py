"""Exchange with the province's platform and neighbouring cities: packages in and out, and daily
reconciliation."""
