"""Database, jobs, live events, time, secrets and logs: nothing here knows of hotlines."""
