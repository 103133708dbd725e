"""Path 3, launch out: our authorization server in the strict profile (DESIGN, "Launch out").

authlib carries the authorization code grant; what it lacks or gets wrong is mended here, each mend beside its RFC.
"""
