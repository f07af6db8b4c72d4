"""What runs when: jobs, schedules, sensors and the runner behind the command line."""
