"""Published rules of thumb, tested on the workspace's own data: estimate, interval, verdict, and what was published beside it."""
