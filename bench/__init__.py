"""What the system costs: work measured against a floor or a peer on the same bytes in the same run, as ratios.

Nothing here is imported by the library, and no test depends on a time. `make bench` runs it.
"""
