"""Version labels: which data, configuration and code a scorer stands for. The same inputs give the same label on every run."""

import datetime as dt
import hashlib
import json

from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.training.artifacts import code_version


def config_hash(policy: PqlPolicy) -> str:
    """SHA-256 (hex) of the whole policy as canonical JSON."""
    return _hash(policy.model_dump(mode="json"))


def formula_version(scorer: str, policy: PqlPolicy) -> str:
    """The version of a formula (`rules` or `weighted`): its name and 8 hex digits over its own policy and the fit."""
    return f"{scorer}-{_hash([getattr(policy, scorer).model_dump(mode='json'), policy.fit.model_dump(mode='json')])[:8]}"


def model_version(as_of: dt.date, data_hash: str, policy: PqlPolicy) -> str:
    """`<as_of>-<8 hex>` of the training data's hash, the policy's and the code's version."""
    return f"{as_of}-{_hash([data_hash, config_hash(policy), code_version()])[:8]}"


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
