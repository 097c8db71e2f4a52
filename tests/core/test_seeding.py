from sightline.core.seeding import derived_seed


def test_the_same_purpose_gives_the_same_seed_on_every_machine():
    assert derived_seed(0, "shuffle", 1) == derived_seed(0, "shuffle", 1)
    assert derived_seed(0, "split") == 3_769_940_940_748_469_125


def test_other_purposes_epochs_and_seeds_give_other_seeds():
    seeds = [derived_seed(seed, word, epoch) for seed in (-1, 0, 1) for word in ("a", "b") for epoch in range(50)]

    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)
