"""Classes as the unit: they, and not pictures, are split, checked, and kept together with their group."""
