"""Success plays: who is due for which help, why, through which channel, and what it measurably did."""
