"""Mail in and out: servers, parsing, polling.  Knows the store; knows no window."""
