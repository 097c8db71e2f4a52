"""What helps a base that learns on: another share of it, since its steps are the recipe's."""

from dataclasses import replace

from sightline.core.findings import Finding

LESS = "let less of the base learn on (unfreeze=2), or none of it (unfreeze=none): the head alone is fitted then"
MORE = "let more of the base learn on (unfreeze=all), or take another base: `sightline models` lists them"
FITTING = "the best epoch is kept; more pictures would help, or less of the base that learns on (unfreeze=2)"
SMALLER = "take smaller pictures (size=...), or a base that reads smaller ones"
OTHER_BASE = "take another base: `sightline models` lists them; with one of your own, mend it where it was made"
ADVICE = {
    **dict.fromkeys(
        ("loss-exploding", "steps-too-large", "rate-too-high", "one-answer", "initial-loss-high", "dead-units"), LESS
    ),
    **dict.fromkeys(
        ("loss-not-moving", "steps-too-small", "rate-too-low", "underfitting", "plateau", "frozen-first-weights"), MORE
    ),
    **dict.fromkeys(
        ("input-not-normalised", "input-off-centre", "constant-channel", "saturated-units", "vanishing-gradients",
         "exploding-signals", "zero-weights", "constant-weights", "dropout-too-strong"), OTHER_BASE,
    ),
    "overfitting": FITTING,
    "waiting-for-pictures": SMALLER,
}  # fmt: skip
"""By the codes of findings whose own advice names settings that transfer learning does not read."""


def for_tuning(finding: Finding) -> Finding:
    """Return a finding with the advice that helps a base that learns on."""
    return replace(finding, advice=ADVICE.get(finding.code, finding.advice))
