"""Fetching the files of one export from a school's own SFTP server."""

import asyncio
import stat
from fnmatch import fnmatch
from functools import partial
from pathlib import Path, PurePosixPath

import asyncssh

from adminhub.broker.arrivals.addresses import public_address
from adminhub.broker.arrivals.errors import Unreachable
from adminhub.broker.arrivals.folder import check_size
from adminhub.broker.arrivals.models import Channel
from adminhub.broker.arrivals.values import Fetched, Files, NothingNew, marker_of
from adminhub.mis.source import is_junk

asyncssh.set_log_level("WARNING")  # its usual remarks name users and files

CONNECT_SECONDS = 15
LONGEST_SECONDS = 600


def fetch(channel: Channel, target: Path) -> Fetched:
    """Copy the folder's files into the target. Raises Unreachable.

    The server's key is remembered the first time and must be the same ever after; it is checked before anything
    secret is said. Remembering it changes `channel.settings`; the caller saves.
    """
    try:
        return asyncio.run(asyncio.wait_for(_fetch(channel, target), LONGEST_SECONDS))
    except asyncssh.HostKeyNotVerifiable:
        raise Unreachable(
            "The server's key is another than before, so it was told nothing.",
            what_to_do="If the server was replaced, forget the old key in this channel's settings.",
        ) from None
    except asyncssh.PermissionDenied:
        raise Unreachable(
            "The server refused the user name or its password or key.", what_to_do="Check both."
        ) from None
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
        raise Unreachable("The server has no such folder.", what_to_do="Check the folder's path.") from None
    except asyncssh.SFTPPermissionDenied:
        raise Unreachable(
            "The user may not read the folder or a file in it.", what_to_do="Check the user's rights there."
        ) from None
    except asyncssh.KeyImportError:
        raise Unreachable(
            "The private key cannot be read.", what_to_do="Paste it whole, in OpenSSH's or PEM form."
        ) from None
    except (TimeoutError, OSError, asyncssh.Error):
        raise Unreachable(
            "The server did not answer, or stopped answering.", what_to_do="It is tried again by itself."
        ) from None


async def _fetch(channel: Channel, target: Path) -> Fetched:
    asked = channel.settings
    host, port = asked["host"], int(asked.get("port") or 22)
    address = public_address(host, port)
    if not asked.get("host_key"):
        key = await asyncio.wait_for(asyncssh.get_server_host_key(address, port), CONNECT_SECONDS)
        if key is None:
            raise Unreachable("The server shows no key.", what_to_do="Check host and port.")
        asked["host_key"] = key.export_public_key().decode().strip()
        asked["host_key_fingerprint"] = key.get_fingerprint()
    known = asyncssh.import_public_key(asked["host_key"])
    is_key = "PRIVATE KEY" in channel.secret
    async with (
        asyncssh.connect(
            address,
            port,
            username=asked["username"],
            password=None if is_key else channel.secret,
            client_keys=[asyncssh.import_private_key(channel.secret)] if is_key else [],
            agent_path=None,
            config=None,
            known_hosts=([known], [], []),
            server_host_key_algs=[known.algorithm.decode()] if not _is_rsa(known) else (),
            connect_timeout=CONNECT_SECONDS,
            login_timeout=CONNECT_SECONDS,
        ) as connection,
        connection.start_sftp_client() as client,
    ):
        return await _copy(client, channel, target)


def _is_rsa(key: asyncssh.SSHKey) -> bool:
    """An RSA key signs by newer names than its own."""
    return key.algorithm == b"ssh-rsa"


def _stop_beyond(size: int, source: bytes, target: bytes, copied: int, total: int) -> None:
    """A server that says a file is small, and sends without end, is not listened to."""
    if copied > size:
        raise _changed()


def _changed() -> Unreachable:
    return Unreachable("A file changed while it was fetched.", what_to_do="It is tried again by itself.")


async def _copy(client: asyncssh.SFTPClient, channel: Channel, target: Path) -> Fetched:
    folder, pattern = channel.settings.get("path") or ".", channel.settings.get("pattern") or "*"
    found: list[tuple[str, int, float]] = []
    for entry in await client.readdir(folder):
        name, attributes = str(entry.filename), entry.attrs
        is_file = attributes.permissions is not None and stat.S_ISREG(attributes.permissions)
        if (
            is_file
            and "/" not in name
            and "\\" not in name
            and not is_junk(name)
            and fnmatch(name.lower(), pattern.lower())
        ):
            found.append((name, int(attributes.size or 0), float(attributes.mtime or 0)))
    if not found:
        return NothingNew("There are no files in the folder yet.")
    marker = marker_of(found)
    if marker == channel.marker:
        return NothingNew("The same files as last time.")
    check_size(len(found), sum(size for _, size, _ in found))
    paths = []
    for name, size, _ in found:
        paths.append(target / name)
        remote = str(PurePosixPath(folder) / name)
        await client.get(remote, str(paths[-1]), progress_handler=partial(_stop_beyond, size))
        if paths[-1].stat().st_size != size:
            raise _changed()
    return Files(tuple(paths), marker)
