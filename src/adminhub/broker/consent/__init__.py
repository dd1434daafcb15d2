"""What each school has allowed each app, from the request to the audit and the revocation."""
