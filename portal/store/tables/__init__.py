"""Every table. A column named `sealed…` holds ciphertext (domain/keyring); `patient_ref` is an HMAC, never a number."""
