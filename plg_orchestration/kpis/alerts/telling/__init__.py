"""Telling people of alerts: to Slack, by e-mail or by signed webhook, each change of state once in effect; only when configured.

Retries, pacing, signatures and secrets are those of `sending/`; which alerts there are is decided beside this folder.
"""
