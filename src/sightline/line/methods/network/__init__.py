"""Networks: how one is set up, trained and reported on."""
