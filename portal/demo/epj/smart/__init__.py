"""The journal as an EHR of SMART App Launch 2.2: its authorization server, and the patient in FHIR R4."""
