"""Without keys the service answers on the loopback interface only."""

from ipaddress import ip_address


def refuse_open_address(host: str, keys_are_wanted: bool) -> None:
    """ValueError if anybody who can reach the address could call."""
    try:
        loopback = ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback and not keys_are_wanted:
        raise ValueError(
            f"host {host}: without keys only a loopback address such as 127.0.0.1 is allowed; "
            "add a key first: `gramoji keys add TENANT`"
        )
