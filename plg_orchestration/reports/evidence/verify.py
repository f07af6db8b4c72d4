"""Verify a bundle of evidence: that no byte of it was changed, who signed it, and that its part of the decision log is whole.

    python verify.py [--key FILE] [FOLDER or ARCHIVE]

It needs Python 3.9 or newer, and for signatures the package `cryptography` or the command `openssl` (3.0 or newer); nothing else
of the system that made the bundle. Without an argument it verifies the folder that it lies in.
Exit codes: 0 valid, 1 changed, 2 wrong usage, 3 cannot be read or checked.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import io
import json
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

MANIFEST, SIGNATURE, KEY = "manifest.json", "manifest.sig", "public_key.pem"
HEADS, CHAIN = "chain/heads.jsonl", "chain/"
DAYS, ANCHORS = "chain/days/", "chain/anchors/"
FORMAT = "plg-evidence/1"
KEY_HEAD = bytes.fromhex("302a300506032b6570032100")
MOMENT = 0x21
"""All files of an archive are dated 1 January 1980: the same contents give the same bytes."""
LARGEST = 0xFFFFFFFF
RECORD_AT = len('{"day":"2025-01-01","hash":"') + 64 + len('","record":')


class Changed(Exception):
    """The bundle is not what was signed; the message says where."""


class Unreadable(Exception):
    """The bundle cannot be read or checked; the message says why."""


# -- the container ----------------------------------------------------------------------------------------------------


def pack(members: dict[str, bytes]) -> bytes:
    """The members as a ZIP archive: by name, not compressed, without times; the same members give the same bytes."""
    body, directory = io.BytesIO(), io.BytesIO()
    for name in sorted(members):
        data, named, start = members[name], name.encode("ascii"), body.tell()
        sizes = (zlib.crc32(data), len(data), len(data), len(named), 0)
        body.write(struct.pack("<4s5H3L2H", b"PK\x03\x04", 10, 0, 0, 0, MOMENT, *sizes) + named + data)
        directory.write(struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 778, 10, 0, 0, 0, MOMENT, *sizes, 0, 0, 0, 0o644 << 16, start))
        directory.write(named)
    listed, start = directory.getvalue(), body.tell()
    if start + len(listed) > LARGEST:
        raise ValueError("the bundle is larger than 4 GiB; ZIP archives cannot be")
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, len(members), len(members), len(listed), start, 0)
    return body.getvalue() + listed + end


def unpack(data: bytes) -> dict[str, bytes]:
    """The members of an archive that `pack` made; Changed when a byte outside of them is not as `pack` writes it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        whole = pack(members)
    except Exception as error:
        raise Changed(f"the archive is damaged ({error})") from None
    if whole != data:
        raise Changed("the archive holds bytes that its files do not account for")
    return members


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of an extracted bundle by their names in it."""
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    if MANIFEST not in found:
        raise Unreadable(f"{folder} holds no {MANIFEST}; name the folder of an extracted bundle, or its archive")
    return found


# -- signatures -------------------------------------------------------------------------------------------------------


def raw_key(pem: bytes) -> bytes:
    """The 32 bytes of a public Ed25519 key."""
    try:
        der = base64.b64decode(b"".join(line for line in pem.splitlines() if not line.startswith(b"-----")), validate=True)
    except ValueError as error:
        raise Changed(f"{KEY} is no key ({error})") from None
    if not der.startswith(KEY_HEAD) or len(der) != len(KEY_HEAD) + 32:
        raise Changed(f"{KEY} is no public Ed25519 key")
    return der[len(KEY_HEAD) :]


def signed_by(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the key signed the message: asked of `cryptography`, else of `openssl`."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return _signed_openssl(key, signature, message)
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _signed_openssl(key: bytes, signature: bytes, message: bytes) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("key", "signature", "message")]
        for path, data in zip(paths, (KEY_HEAD + key, signature, message)):  # noqa: B905
            path.write_bytes(data)
        words = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", str(paths[0]), "-rawin"]
        try:
            done = subprocess.run([*words, "-in", str(paths[2]), "-sigfile", str(paths[1])], capture_output=True, check=False)
        except OSError:
            raise Unreadable("signatures need the package `cryptography` or the command `openssl`; neither is here") from None
    said = (done.stdout + done.stderr).decode(errors="replace")
    if done.returncode and "erif" not in said:
        raise Unreadable(f"openssl cannot check the signature: {said.strip()}")
    return done.returncode == 0


# -- the manifest -----------------------------------------------------------------------------------------------------


def check_manifest(members: dict[str, bytes], key: bytes) -> dict[str, Any]:
    """The manifest, once its signature and every file's digest are found to be right; Changed names the first that is not."""
    for name in (MANIFEST, SIGNATURE):
        if name not in members:
            raise Changed(f"{name} is missing")
    if not signed_by(key, members[SIGNATURE], members[MANIFEST]):
        raise Changed(f"{MANIFEST} is not what was signed with this key")
    manifest = json.loads(members[MANIFEST])
    if manifest.get("format") != FORMAT:
        raise Unreadable(f"the bundle is of the format {manifest.get('format')!r}; this verifier knows {FORMAT}")
    listed = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
    for name, digest in sorted(listed.items()):
        if name not in members:
            raise Changed(f"{name} is missing")
        if hashlib.sha256(members[name]).hexdigest() != digest:
            raise Changed(f"{name} is not what was signed")
    extra = sorted(set(members) - set(listed) - {MANIFEST, SIGNATURE})
    if extra:
        raise Changed(f"{extra[0]} does not belong to the bundle")
    return manifest


# -- the decision log -------------------------------------------------------------------------------------------------


def frame(*parts: bytes) -> bytes:
    """The parts one after the other, each behind its length in eight bytes."""
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def check_chain(members: dict[str, bytes], key: bytes) -> tuple[int, int]:
    """How many records of how many log days are chained as they were signed; Changed names the first that is not."""
    heads = _heads(members.get(HEADS, b""), key, HEADS)
    closed = [(head["day"], bytes.fromhex(head["hash"])) for head in heads if head["closed"]]
    genesis = hashlib.sha256(frame(b"plg-audit-genesis/1", key)).digest()
    records, days = 0, sorted(name for name in members if name.startswith(DAYS))
    for name in days:
        day = name[len(DAYS) :].split(".")[0]
        own = [head for head in heads if head["day"] == day]
        if not own:
            raise Changed(f"{name}: no signed head vouches for the day")
        before = [hashed for earlier, hashed in closed if earlier < day]
        records += _check_day(name, day, gzip.decompress(members[name]), before[-1] if before else genesis, own)
    there = {name[len(DAYS) :].split(".")[0] for name in days}
    known = {(head["day"], head["count"], head["closed"]): head["hash"] for head in heads}
    for name in sorted(name for name in members if name.startswith(ANCHORS)):
        for head in _heads(members[name], key, name):
            if head["day"] in there and known.get((head["day"], head["count"], head["closed"]), head["hash"]) != head["hash"]:
                raise Changed(f"{name}: the anchor of {head['day']}, record {head['count']} vouches for another log")
    return records, len(days)


def _heads(text: bytes, key: bytes, name: str) -> list[dict[str, Any]]:
    """The signed heads of a file, in order."""
    heads: list[dict[str, Any]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        head = json.loads(line)
        signed = frame(
            b"plg-audit-head/1", key, head["day"].encode(), head["count"].to_bytes(8, "big"), bytes.fromhex(head["hash"]),
            b"closed" if head["closed"] else b"open", head["appended_at"].encode(),
        )  # fmt: skip
        if head["public_key"] != key.hex() or not signed_by(key, bytes.fromhex(head["signature"]), signed):
            raise Changed(f"{name}:{number}: the head is not signed with this key")
        heads.append(head)
    return heads


def _check_day(name: str, day: str, text: bytes, previous: bytes, heads: list[dict[str, Any]]) -> int:
    """The number of the day's records, once each is chained to the one before it and the signed heads are met."""
    wanted = {head["count"]: head for head in heads if not head["closed"]}
    closing = [head for head in heads if head["closed"]]
    sequence = 0
    for sequence, line in enumerate(text.splitlines(keepends=True), start=1):
        end = b',"sequence":%d}\n' % sequence
        record = line[RECORD_AT : -len(end)]
        parts = (b"plg-audit-record/1", previous, day.encode(), sequence.to_bytes(8, "big"), record)
        previous = hashlib.sha256(frame(*parts)).digest()
        if line != b'{"day":"%s","hash":"%s","record":%s%s' % (day.encode(), previous.hex().encode(), record, end):
            raise Changed(f"{name}: record {sequence} is not what was chained")
        if sequence in wanted and wanted[sequence]["hash"] != previous.hex():
            raise Changed(f"{name}: up to record {sequence} the chain is not the one that was signed")
    counts = [head["count"] for head in heads]
    if sequence != max(counts):
        raise Changed(f"{name}: it holds {sequence} records, and {max(counts)} were signed")
    shut = hashlib.sha256(frame(b"plg-audit-day/1", previous, day.encode(), sequence.to_bytes(8, "big"))).hexdigest()
    if any(head["hash"] != shut for head in closing):
        raise Changed(f"{name}: the day was closed otherwise")
    return sequence


# -- all of it --------------------------------------------------------------------------------------------------------


def check(members: dict[str, bytes], key: bytes | None = None) -> str:
    """What was verified, in words; Changed or Unreadable says what is wrong. `key`: the one that must have signed (PEM)."""
    if KEY not in members:
        raise Changed(f"{KEY} is missing")
    own = raw_key(members[KEY])
    if key is not None and raw_key(key) != own:
        raise Changed("it was signed with another key than the one that you trust")
    manifest = check_manifest(members, own)
    try:
        records, days = check_chain(members, own)
    except (ValueError, KeyError, TypeError, OSError, EOFError, zlib.error) as error:
        raise Changed(f"{CHAIN}: it cannot be read ({error})") from None
    trust = "the key that you named" if key is not None else "the key in it; compare its digest with one from elsewhere"
    return (
        f"valid: {manifest['workspace']} {manifest['quarter']}, {len(members) - 2} files as signed; "
        f"{records} records of {days} log days chained as signed\n"
        f"signed with {trust}: SHA-256 {hashlib.sha256(own).hexdigest()}"
    )


def main(words: list[str] | None = None) -> int:
    """Verify what the command line names; the exit code."""
    parser = argparse.ArgumentParser(prog="verify.py", description="Verify a bundle of evidence.")
    parser.add_argument("bundle", nargs="?", default=str(Path(__file__).resolve().parent), help="its folder or its archive")
    parser.add_argument("--key", help="file with the public key that must have signed it (PEM)")
    given = parser.parse_args(words)
    path = Path(given.bundle)
    try:
        key = Path(given.key).read_bytes() if given.key else None
        print(check(unpack(path.read_bytes()) if path.is_file() else read_folder(path), key))
    except Changed as error:
        print(f"CHANGED: {error}", file=sys.stderr)
        return 1
    except (Unreadable, OSError) as error:
        print(f"cannot be checked: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
