"""The portal as a SMART App Launch 2.2 client of journal systems."""
