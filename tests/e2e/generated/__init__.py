"""Programs made at random, from a seed, of the ways in which compilers and people write functions."""
