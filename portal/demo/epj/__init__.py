"""EksempelEPJ: a journal system that opens contexts at the portal and receives its messages."""
