"""Serves the application at an address.

serve      runs it until a signal, in this process or in several
processes  several processes at one address
errors     the error of a start
unwanted   libraries that are kept from being loaded meanwhile

Nothing here knows what the application answers.
"""
