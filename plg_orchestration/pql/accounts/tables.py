"""The table of qualified accounts."""

from plg_orchestration.pql.needs import USERS
from plg_orchestration.warehouse import Table, columns

ACCOUNT_SCORES = Table(
    name="pql.account_scores",
    description="Every account of the target's population by its users' scores: the best user, how many leads, and their share.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        target="VARCHAR: the outcome that is predicted",
        scorer="VARCHAR: the champion's scorer, whose leads are counted",
        version="VARCHAR: its version label",
        account_id="VARCHAR: the account",
        segment="VARCHAR: size of the company; null when unknown",
        is_pqa="BOOLEAN: whether the account has as many leads as the policy asks for",
        leads="BIGINT: users of the account who are product-qualified leads",
        users="BIGINT: users of the account with a score",
        active_users="BIGINT: of those, users with activity in the last 28 days",
        coverage="DOUBLE: leads among the active users, 0-1; null when nobody was active",
        best_user_id="VARCHAR: the user with the highest score, the first by id among equals",
        best_score="DOUBLE: that score, on the scorer's own scale",
        best_percentile="DOUBLE: 0-100 among the night's users",
        mean_score="DOUBLE: average over the users with a score",
        account_rank="BIGINT: place among the night's accounts: by best score, then leads, then id",
    ),
    key=("as_of", "target", "account_id"),
    owner="team:growth",
    day="as_of",
    layout="by_day",
    needs=USERS,
)

TABLES: tuple[Table, ...] = (ACCOUNT_SCORES,)
