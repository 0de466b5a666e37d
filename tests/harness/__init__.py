"""What tests stand on: a private PostgreSQL, a real server, a real browser, a client that inspects every page."""
