"""How users bring users: the tables. Only declarations stand here; the rows come from the SQL file of the same name."""

from plg_orchestration.warehouse import Table, columns

VIRAL = Table(
    name="cohorts.viral",
    description="The viral coefficient in three forms over invites whose time to activate is over: playbook (per inviter), "
    "basic (per user) and adjusted (basic × share of referred users active on day 30 or later).",
    columns=columns(
        as_of="DATE: the day of knowledge",
        window_days="INTEGER: length of the window of invites, in days",
        form="VARCHAR: playbook, basic or adjusted",
        users="BIGINT: users who had signed up by the window's end",
        inviters="BIGINT: users who sent an invite in the window",
        invites="BIGINT: invites sent in the window",
        invitees_accepted="BIGINT: of these, accepted in time",
        invitees_activated="BIGINT: of these, those whose invitee activated in time, counted for the first invite accepted",
        referred="BIGINT: referred users whose day 30 fell in the last window_days days",
        referred_retained="BIGINT: of these, those active on day 30 or later",
        invites_each="DOUBLE: invites per inviter (playbook) or per user; null without any",
        conversion="DOUBLE: share of the invites whose invitee activated; null without invites",
        kept="DOUBLE: share of referred users active on day 30 or later; only for the adjusted form",
        k="DOUBLE: the viral coefficient; null when one of its factors is",
        ci_low="DOUBLE: lower end of the 95 % interval (normal, between persons); null without spread",
        ci_high="DOUBLE: upper end of the 95 % interval (normal, between persons); null without spread",
    ),
    key=("as_of", "window_days", "form"),
    owner="team:growth",
    day="as_of",
    needs=("source:invites|role:invite_sent",),
)

TABLES: tuple[Table, ...] = (VIRAL,)
