"""Paths: the tables. Only declarations stand here; the rows come from the counts of the SQL files and the modules beside them."""

from plg_orchestration.warehouse import Table, columns

GOLDEN_PATH = Table(
    name="cohorts.golden_path",
    description="What those who activated and stayed did in their first days, against those who did not: every first-time step "
    "and transition, and the path of the steps that set them apart. An association, not a cause.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        kind="VARCHAR: path (the whole, one row), step, or transition (a step directly after another)",
        from_step="VARCHAR: for a transition the step before, signup for the first one; else empty",
        to_step="VARCHAR: the step; empty for the path",
        position="INTEGER: place on the path, from 1; null beside it",
        stayers_did="BIGINT: of those who stayed, how many did it within the first days",
        stayers="BIGINT: users who activated in their first days and were active on the stay day or later",
        others_did="BIGINT: of the others, how many did it within the first days",
        others="BIGINT: users of the same signup days who did not activate and stay",
        stayers_share="DOUBLE: stayers_did / stayers",
        others_share="DOUBLE: others_did / others",
        lift="DOUBLE: ratio of the two shares; null with too little data",
        ci_low="DOUBLE: lower end of the 95 % interval of the lift (Katz)",
        ci_high="DOUBLE: upper end of the 95 % interval of the lift (Katz)",
        q="DOUBLE: false discovery rate over all steps and transitions (Benjamini-Hochberg)",
        median_hours="DOUBLE: median hours from the signup to it, of those who stayed and did it",
        on_path="BOOLEAN: whether it is part of the path",
        sentence="VARCHAR: the row in words",
        reason="VARCHAR: why there is no lift or no path; null otherwise",
    ),
    key=("as_of", "kind", "from_step", "to_step"),
    owner="team:product",
    day="as_of",
    layout="by_month",
    needs=("actor:user", "role:activation"),
)

FRICTION = Table(
    name="cohorts.friction",
    description="Where new users stop on the way through onboarding to activation, and what completing a step goes with; the "
    "worst points by users lost × effect. Observational.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        step="INTEGER: place in the order of onboarding, from 1; activation is the last",
        name="VARCHAR: the onboarding step, or activation",
        reached="BIGINT: users of the mature signup days who completed every step before it in the window",
        completed="BIGINT: of these, those who completed it in the window",
        lost="BIGINT: of these, those who neither completed it nor activated in the window",
        share_lost="DOUBLE: lost / reached; null without anybody who reached it",
        activation_with="DOUBLE: share that activates within the window at the rate of those who have completed it",
        activation_without="DOUBLE: share that activates within the window at the rate of those who have not yet completed it",
        effect="DOUBLE: activation_with less activation_without, adjusted for time and segment; 1 for activation itself",
        effect_low="DOUBLE: lower end of its 95 % interval; null for activation itself",
        effect_high="DOUBLE: upper end of its 95 % interval; null for activation itself",
        score="DOUBLE: lost × effect, users who might have activated",
        rank="INTEGER: 1 for the worst point; null without a positive score",
        basis="VARCHAR: observational",
        sentence="VARCHAR: the row in words",
        reason="VARCHAR: why there is no effect; null otherwise",
    ),
    key=("as_of", "step"),
    owner="team:product",
    day="as_of",
    layout="by_month",
    needs=("actor:user", "role:onboarding_step", "role:activation"),
)

GATES = Table(
    name="cohorts.gates",
    description="What follows a limit, a look at the price, a prompt or guidance: the share that reaches the goal within 1, 7 "
    "and 30 days of the first one, beside those who did not meet it. Mature exposures only. Observational.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        kind="VARCHAR: gate (limit hit), pricing (viewed), nudge (prompt), guidance (tour) or timing (first prompt)",
        item="VARCHAR: the limit or prompt, any for the first of all; started, completed or dismissed for guidance",
        bucket="VARCHAR: all; sessions before the limit; core events before the prompt; or the stage of a prompt's way",
        place="INTEGER: the bucket's place among those of its item",
        window_days="INTEGER: days of 24 hours from the exposure",
        exposed="BIGINT: users first exposed in the window of exposures (for upgrades: who did not pay)",
        mature_exposed="BIGINT: of these, those whose window is over",
        converted="BIGINT: of these, those who reached the goal in it: upgrade, click, or activation for guidance",
        rate="DOUBLE: converted / mature_exposed; null with too little data",
        ci_low="DOUBLE: lower end of the 95 % interval of the rate (Wilson)",
        ci_high="DOUBLE: upper end of the 95 % interval of the rate (Wilson)",
        compared_with="VARCHAR: whom the baseline counts; null when there is none",
        baseline_exposed="BIGINT: users, or weeks of users, of the baseline whose window is over",
        baseline_rate="DOUBLE: their share that reached the goal; null with too little data",
        difference="DOUBLE: rate less baseline_rate",
        difference_low="DOUBLE: lower end of its 95 % interval (Newcombe)",
        difference_high="DOUBLE: upper end of its 95 % interval (Newcombe)",
        basis="VARCHAR: observational",
        reason="VARCHAR: why there is no rate or no difference; null otherwise",
    ),
    key=("as_of", "kind", "item", "bucket", "window_days"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
    needs=(
        "actor:user", "role:limit_hit|role:pricing_viewed|role:nudge_viewed|role:tour_started|role:tour_completed|"
        "role:guidance_dismissed",
    ),
)  # fmt: skip

CONVERSION_ASSOCIATIONS = Table(
    name="cohorts.conversion_associations",
    description="How each core feature's use goes with conversion in the 30 days after it, among free accounts, adjusted for "
    "tenure and segment and tested together; and its use by free and by paying accounts now. An association, not a cause.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        feature="VARCHAR: the core feature",
        unit="VARCHAR: account, or user for those without an account",
        n="BIGINT: free units active in the window of use, whose window of conversion is over",
        converted="BIGINT: of these, those who began to pay in the window of conversion",
        used="BIGINT: of these, those who used the feature in the window of use",
        free_share="DOUBLE: of the free units active in the newest window of use, the share that used it",
        paid_share="DOUBLE: of the paying units active in the newest window of use, the share that used it",
        odds_ratio="DOUBLE: odds of conversion with use against without, over strata (Mantel-Haenszel); null if unknowable",
        ci_low="DOUBLE: lower end of its 95 % interval (Robins-Breslow-Greenland)",
        ci_high="DOUBLE: upper end of its 95 % interval (Robins-Breslow-Greenland)",
        p="DOUBLE: p-value of the Cochran-Mantel-Haenszel test",
        q="DOUBLE: false discovery rate over all features of the unit (Benjamini-Hochberg)",
        found="BOOLEAN: whether q is within the false discovery rate; null without a test",
        note="VARCHAR: association, not cause",
        reason="VARCHAR: why there is no odds ratio; null otherwise",
    ),
    key=("as_of", "unit", "feature"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
    needs=("role:core_feature", "source:subscriptions|role:plan_upgraded"),
)

TABLES: tuple[Table, ...] = (GOLDEN_PATH, FRICTION, GATES, CONVERSION_ASSOCIATIONS)
