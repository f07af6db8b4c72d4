"""From the teams' queues to where the teams work: CSV folders, signed webhooks and a CRM, each lead once in effect.

Who is handed over to whom is decided in `routing/`; here it is only brought there, and told what became of it.
"""
