"""The register over time: what observed breaches say of likelihoods, scores that were lowered unearned, reviews, and targets.

What the controls of one day make of a risk is in `governance/risks.py`; what people say about it, in `governance/actions/`.
"""
