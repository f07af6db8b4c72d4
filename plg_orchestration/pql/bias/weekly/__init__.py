"""The audit of what was really done: live decisions and routing outcomes by group, week by week, and the audits over time.

The statistics of contrasts are in the folder above; nothing here gates a promotion.
"""
