"""What all pages share: the shell around them, access, health, live events."""
