"""The weekly review: seven layers from strangers to expansion, what each leaks in money, and which leaks most."""
