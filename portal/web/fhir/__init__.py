"""The FHIR face: who a launch is about, as FHIR R4 resources, and how the portal looks."""
