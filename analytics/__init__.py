"""What leads look at: the floor as it is now."""
