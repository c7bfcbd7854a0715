"""What a technician, a POS programmer and a maintainer run on a PC."""
