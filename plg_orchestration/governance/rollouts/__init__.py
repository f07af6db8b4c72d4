"""What governance asks of experiments and their rollouts beside retention and splits; the evidence is made in `experiments`."""
