"""Where a network learns, and in how many bits."""

from sightline.core.rules import AUTO
from sightline.line.settings.run import FAST_RECIPE
from sightline.line.settings.values import Settings
from sightline.training.machine.devices import MachineSettings, choose_device, choose_precision, half_precision


def machine_of(settings: Settings) -> MachineSettings:
    """Return the machine with its precision: only the fast recipe takes half precision on a CPU by itself.

    Raises:
        SettingsError: The device is not there, or slow in the precision that was named.
    """
    device, named = choose_device(settings["device"]), settings["precision"]
    takes_half = settings["recipe"] == FAST_RECIPE and named == AUTO
    precision = half_precision(device) if takes_half else choose_precision(named, device)
    return MachineSettings(settings["device"], precision)
