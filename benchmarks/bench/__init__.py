"""What the benchmarks share: settings, pictures, models, loops, turns, and the pages that tables are written into."""
