"""The evidence of a quarter for an auditor: one signed archive that opens and verifies offline, and names nobody.

It gathers what nights and people left; nothing is judged anew.
"""
