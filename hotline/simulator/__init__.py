"""A pocket telephone network that speaks the public wire protocol of Twilio.

Its own process: it imports nothing of the application and the application imports nothing
of it. The two meet over HTTP on the loopback interface only, as they would with a real carrier.
"""
