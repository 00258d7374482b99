"""Where the service may listen: at a port that is free, and without keys on the loopback interface only."""

import errno
import socket
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


def refuse_taken_port(host: str, port: int) -> None:
    """ValueError if the service can't listen there: another one does, or the address is none of this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # Connections that have ended don't count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            hint = "; choose another by --port" if error.errno == errno.EADDRINUSE else ""
            raise ValueError(f"can't listen on {host}, port {port}: {error.strerror}{hint}") from None
