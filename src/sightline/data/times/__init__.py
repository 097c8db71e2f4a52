"""When pictures were taken, and parts by time: later pictures are tested on."""
