"""Several finished models as one."""
