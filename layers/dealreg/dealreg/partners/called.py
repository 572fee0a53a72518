"""What the vendor's people and keys are called, by the addresses and ids under which their acts stand."""

from collections.abc import Iterable

from dealreg.partners import credentials, staff


def names(who: Iterable[str]) -> dict[str, str]:
    """Of those that are known; an address of nobody who signs in is its own name."""
    given = set(who)
    addresses = {one for one in given if "@" in one}
    own = {address: address for address in addresses}
    return {**credentials.admin_key_names(given), **staff.names(given), **own, **staff.names_of(addresses)}
