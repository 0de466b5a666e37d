"""Activities, sign-ups, check-in, hours and the month's report of a district's practice centers."""
