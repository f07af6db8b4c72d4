"""What frameworks ask (NIST AI RMF, EU AI Act, GDPR), and the control, check, table or document here that answers each.

A map from requirement to evidence with the evidence's date. It claims nothing legal: it says what is there and what is not.
"""
