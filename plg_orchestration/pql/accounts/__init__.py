"""Product-qualified accounts: the night's user scores rolled up to the account that would pay."""
