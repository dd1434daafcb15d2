"""What the hub handed to Wellbeing, and nothing else."""
