"""Where a network is trained: devices, precision, memory, threads."""
