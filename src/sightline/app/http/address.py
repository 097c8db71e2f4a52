"""Where the service can be reached, and what it asks of who comes."""

import ipaddress
import socket
import stat
import sys
from pathlib import Path

from sightline.core.errors import SettingsError
from sightline.core.regular import text_of

SHORTEST_TOKEN = 16


def token_in(file: Path) -> str:
    """Return the token that a file holds.

    Raises:
        SettingsError: It can't be read, or holds no token.
    """
    try:
        token = text_of(file).strip()
    except (OSError, ValueError) as error:
        raise SettingsError(f"--token-file {file} can't be read: {error}", hint="name a text file") from error
    if len(token) < SHORTEST_TOKEN or not (token.isascii() and token.isprintable()) or " " in token:
        raise SettingsError(
            f"--token-file {file} holds no token: {len(token)} characters; expected at least {SHORTEST_TOKEN} letters",
            hint=f"make one with: openssl rand -hex 32 > {file}",
        )
    return token


def is_readable_by_others(file: Path) -> bool:
    """Return whether everybody on this machine may read a file."""
    return bool(file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that has the address.

    Raises:
        SettingsError: The address can't be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SettingsError(f"--host {host} is no address: {error}", hint="use 127.0.0.1") from error
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"port {port} of {host} can't be had: {error.strerror}", hint="choose another --port; 0 finds a free one"
        ) from error
    return listener


def is_loopback(listener: socket.socket) -> bool:
    """Return whether only this machine can reach a socket."""
    return ipaddress.ip_address(listener.getsockname()[0]).is_loopback


def url_of(listener: socket.socket) -> str:
    """Return what a browser calls a socket."""
    host, port, *_ = listener.getsockname()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
