"""Looking at graphs and runs: drawings, progress, profiles, explanations."""
