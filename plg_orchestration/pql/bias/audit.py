"""The night's bias audit: every scorer of the contest on the test rows, for every attribute that the policy names.

The statistics are in `bias.py`.
"""

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.bias.contrasts import audit_bias
from plg_orchestration.pql.bias.tables import BIAS_AUDIT
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.warehouse import Query, Warehouse


def bias_audit(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> pd.DataFrame:
    """Rows of `pql.bias_audit` from the day's `pql.test_predictions`; none on a day without a training."""
    text = """select * from pql.test_predictions where as_of = $as_of and target = $target
        order by scorer, row_as_of, user_id"""
    rows = warehouse.frame(Query("tested", text, {**as_of.parameters(), "target": target}))
    attributes = [a.attribute for a in policy.bias.attributes]
    names = list(BIAS_AUDIT.column_names)
    parts = [
        audit_bias(own, attributes=attributes, policy=policy.bias).assign(
            as_of=as_of.date, target=target, scorer=str(scorer), version=str(own["version"].iat[0])
        )
        for scorer, own in rows.groupby("scorer", sort=True)
    ]
    return pd.concat(parts, ignore_index=True)[names].astype(object) if parts else pd.DataFrame(columns=names)
