"""Personal data: the secret, pseudonyms under per-person keys, and the erasure of a person from every store.

What is recorded about people is each stage's own matter; here is where all of it lies, and how it is found and removed.
"""
