"""The cohorts stage: who signed up together, who of them stayed, how far they got, and how users bring users."""

from typing import TYPE_CHECKING

import dagster as dg

from assets.declare import asset_of
from assets.publishing import Drawing, Night, publish
from plg_orchestration import charts
from plg_orchestration.cohorts.activation import published as activation
from plg_orchestration.cohorts.activation import queries as scores
from plg_orchestration.cohorts.engagement import queries as engagement
from plg_orchestration.cohorts.funnels import queries as funnels
from plg_orchestration.cohorts.paths import published as paths
from plg_orchestration.cohorts.plays import queries as plays_of
from plg_orchestration.cohorts.plays.export import write_queue
from plg_orchestration.cohorts.segmentation import queries as segmentation
from plg_orchestration.cohorts.signup import queries as signup
from plg_orchestration.cohorts.virality import queries as virality
from plg_orchestration.cohorts.virality.projection import projection_rows, sensitivity_rows
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Query, Rows

if TYPE_CHECKING:
    import pandas as pd

GROUNDWORK = ["behavior.user_days", "behavior.milestones", "ingest.users", "ingest.accounts"]


@dg.asset(**asset_of("cohorts.signup_cohorts", after=[*GROUNDWORK, "ingest.subscriptions"]))
def signup_cohorts(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Signups by week, channel, segment, region and device, and how many of them activated and paid in time."""
    return publish(
        context,
        warehouse,
        "cohorts.signup_cohorts",
        lambda night: signup.signup_cohorts(as_of=night.as_of),
        chart="activation",
    )


# -- engagement -------------------------------------------------------------------------------------------------------


@dg.asset(**asset_of("cohorts.retention", after=[*GROUNDWORK, "behavior.activity"]))
def retention(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Who came back: by calendar day, week and month and by rolling 24-hour day, bounded and unbounded; mature members only."""
    return publish(
        context,
        warehouse,
        "cohorts.retention",
        lambda night: engagement.retention(as_of=night.as_of, stored=night.has("behavior.activity")),
        chart="retention",
    )


@dg.asset(**asset_of("cohorts.lifecycle", after=["behavior.activity"]))
def lifecycle(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """How many users and accounts are new, returning, resurrected or dormant, by day, week and month."""
    return publish(
        context,
        warehouse,
        "cohorts.lifecycle",
        lambda night: engagement.lifecycle(as_of=night.as_of, stored=night.has("behavior.activity")),
        chart=Drawing(charts.lifecycle_bars),
    )


@dg.asset(**asset_of("cohorts.stickiness", after=["behavior.activity"]))
def stickiness(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """On how many days of the week, and days and weeks of the month, those active in it were active."""
    return publish(
        context,
        warehouse,
        "cohorts.stickiness",
        lambda night: engagement.stickiness(as_of=night.as_of, stored=night.has("behavior.activity")),
        chart=Drawing(charts.stickiness_histogram),
    )


# -- funnels ----------------------------------------------------------------------------------------------------------


@dg.asset(**asset_of("cohorts.funnel", after=["behavior.step_events", *GROUNDWORK, "ingest.subscriptions"]))
def funnel(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """How far users and accounts get through each declared funnel, and how long it takes; only attempts whose window is over."""
    return publish(
        context, warehouse, "cohorts.funnel", chart=Drawing(charts.funnel_bars),
        compute=lambda night: funnels.funnel(as_of=night.as_of, policy=night.workspace.funnels),
    )  # fmt: skip


@dg.asset(**asset_of("cohorts.onboarding", after=["behavior.milestones", "ingest.users", "ingest.accounts"]))
def onboarding(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """How many do each onboarding step in the days after their signup, by week, and how many are lost between two steps."""
    return publish(
        context, warehouse, "cohorts.onboarding", chart=Drawing(charts.onboarding_steps),
        compute=lambda night: funnels.onboarding(as_of=night.as_of, policy=night.workspace.funnels),
    )  # fmt: skip


@dg.asset(**asset_of("cohorts.dropoff", after=GROUNDWORK))
def dropoff(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """How many of those not activated by day 1, 3, 7 and 10 are not seen again for two weeks, against the published shares."""
    return publish(
        context, warehouse, "cohorts.dropoff", chart=Drawing(charts.dropoff_against_published),
        compute=lambda night: funnels.dropoff(as_of=night.as_of, policy=night.workspace.funnels),
    )  # fmt: skip


# -- activation -------------------------------------------------------------------------------------------------------

BEFORE_SCORES = [*GROUNDWORK, "ingest.invites"]


@dg.asset(**asset_of("cohorts.activation_weights", after=BEFORE_SCORES, kinds=("duckdb", "sql", "scikitlearn")))
def activation_weights(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """The weights of the activation score that retention at day 30 suggests, with intervals, beside the declared ones."""
    return publish(
        context,
        warehouse,
        "cohorts.activation_weights",
        lambda night: activation.activation_weights(night.warehouse, as_of=night.as_of, policy=night.workspace.activation),
        chart=Drawing(charts.activation_weights),
    )


@dg.asset(**asset_of("cohorts.activation_scores", after=[*BEFORE_SCORES, "cohorts.activation_weights"]))
def activation_scores(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """How far every new user has got, from 0 to 100, and who stays under the threshold 48 hours after signup."""
    return publish(
        context,
        warehouse,
        "cohorts.activation_scores",
        lambda night: scores.activation_scores(as_of=night.as_of, policy=night.workspace.activation),
    )


@dg.asset(**asset_of("cohorts.activation_by_age", after=BEFORE_SCORES))
def activation_by_age(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """The activation score of each signup week at the end of days 1, 2, 3, 7, 14 and 30; mature users only."""
    return publish(
        context,
        warehouse,
        "cohorts.activation_by_age",
        lambda night: scores.activation_by_age(as_of=night.as_of, policy=night.workspace.activation),
        chart=Drawing(charts.activation_score_by_age),
    )


@dg.asset(**asset_of("cohorts.activation_velocity", after=BEFORE_SCORES))
def activation_velocity(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """How many hours pass from signup to the score's threshold, by signup week, with those still waiting counted."""
    return publish(
        context,
        warehouse,
        "cohorts.activation_velocity",
        lambda night: scores.activation_velocity(as_of=night.as_of, policy=night.workspace.activation),
    )


@dg.asset(**asset_of("cohorts.activation_shifts", after=["cohorts.signup_cohorts"]))
def activation_shifts(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Weeks in which the activation of a segment, channel, region or device differs from its own other weeks."""
    return publish(
        context,
        warehouse,
        "cohorts.activation_shifts",
        lambda night: activation.activation_shifts(night.warehouse, as_of=night.as_of, policy=night.workspace.activation),
        chart=Drawing(charts.activation_shifts),
    )


# -- segmentation -----------------------------------------------------------------------------------------------------

PAID = ["ingest.subscriptions", "ingest.exchange_rates"]
SEGMENTED = [*GROUNDWORK, *PAID, "behavior.user_features"]


@dg.asset(**asset_of("cohorts.segments", after=SEGMENTED))
def segments(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """The touch that every user and account needs, in words why; on whom an account depends, and who never activated."""
    return publish(
        context,
        warehouse,
        "cohorts.segments",
        lambda night: segmentation.segments(
            as_of=night.as_of, policy=night.workspace.segments, currency=night.workspace.revenue.currency
        ),
        chart=Drawing(charts.segment_counts, segmentation.segment_counts),
    )


@dg.asset(**asset_of("cohorts.segment_movements", after=["cohorts.segments"]))
def segment_movements(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """How many users and accounts moved from which segment to which within seven days."""
    return publish(
        context,
        warehouse,
        "cohorts.segment_movements",
        lambda night: segmentation.segment_movements(
            night.warehouse,
            as_of=night.as_of,
            policy=night.workspace.segments,
            currency=night.workspace.revenue.currency,
            stored=night.has("cohorts.segments"),
        ),
        chart=Drawing(charts.segment_flow),
    )


@dg.asset(**asset_of("cohorts.cohort_segments", after=[*GROUNDWORK, *PAID, "ingest.invites"]))
def cohort_segments(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """The six published cohort segments: activation, conversion, time to the first key action and ARPU against benchmarks."""
    return publish(
        context,
        warehouse,
        "cohorts.cohort_segments",
        lambda night: segmentation.cohort_segments(
            as_of=night.as_of, policy=night.workspace.segments, currency=night.workspace.revenue.currency
        ),
        chart=Drawing(charts.cohort_benchmarks),
    )


# -- plays ------------------------------------------------------------------------------------------------------------

DUE = ["cohorts.activation_scores", "cohorts.segments", "pql.decisions", "behavior.user_days", "behavior.milestones"]


@dg.asset(**asset_of("cohorts.plays", after=[*DUE, "ingest.subscriptions", "ingest.tickets"]))
def plays(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Who is due for which success play, why, through which channel and by whom; what runs, queues, or waits and why."""

    def of_night(night: Night) -> Query:
        policy, missing = night.workspace.plays, night.workspace.missing
        left_out = plays_of.left_out(policy, has=night.has, missing=missing)
        said = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        context.add_asset_metadata({"plays left out": said or "none"})
        return plays_of.plays(as_of=night.as_of, policy=policy, has=night.has, missing=missing)

    return publish(context, warehouse, "cohorts.plays", of_night, chart=Drawing(charts.plays_by_kind))


@dg.asset(**asset_of("cohorts.play_results", after=["cohorts.plays"]))
def play_results(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """What each play did against those drawn to be shown nothing, by week of entry, with intervals and a verdict."""
    return publish(
        context,
        warehouse,
        "cohorts.play_results",
        lambda night: plays_of.play_results(as_of=night.as_of, policy=night.workspace.plays),
        chart=Drawing(charts.play_results),
    )


@dg.asset(**asset_of("cohorts.play_queue", after=["cohorts.plays"], kinds=("duckdb", "sql", "csv")))
def play_queue(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """What is to be done: the plays that begin on the night, the most urgent first; also as a CSV file beside the reports."""

    def of_night(night: Night) -> Rows:
        rows = night.warehouse.arrow(plays_of.play_queue(as_of=night.as_of))
        write_queue(rows, as_of=night.as_of, state=night.workspace.state)
        return rows

    return publish(context, warehouse, "cohorts.play_queue", of_night)


# -- virality ---------------------------------------------------------------------------------------------------------


@dg.asset(**asset_of("cohorts.viral", after=["ingest.invites", "behavior.milestones", "behavior.user_days"]))
def viral(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """How many new users each user brings: the viral coefficient in its three forms, with intervals."""

    def of_night(night: Night) -> Query:
        policy = night.workspace.virality
        return virality.viral(as_of=night.as_of, window_days=policy.window_days, wait_days=policy.wait_days)

    return publish(context, warehouse, "cohorts.viral", of_night)


@dg.asset(**asset_of("cohorts.viral_loop", after=["ingest.users", "ingest.invites", "behavior.milestones"]))
def viral_loop(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """How soon and how often members invite, who accepts and activates, and how k differs by cohort and by age."""
    return publish(
        context, warehouse, "cohorts.viral_loop",
        lambda night: virality.viral_loop(as_of=night.as_of, policy=night.workspace.virality),
        chart=Drawing(charts.k_by_age),
    )  # fmt: skip


@dg.asset(**asset_of("cohorts.invite_rates", after=["behavior.user_days"]))
def invite_rates(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Who invited lately, how often in all and on the busiest day: the numbers against which caps are held."""
    return publish(context, warehouse, "cohorts.invite_rates", lambda night: virality.invite_rates(as_of=night.as_of))


@dg.asset(**asset_of("cohorts.viral_projection", after=["cohorts.viral_loop"]))
def viral_projection(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Users that the measured k would bring, month by month and by both forms, beside the published example."""

    def of_night(night: Night) -> "pd.DataFrame":
        measured = night.warehouse.frame(virality.projection_inputs(as_of=night.as_of))
        return projection_rows(measured, as_of=night.as_of, policy=night.workspace.virality)

    return publish(context, warehouse, "cohorts.viral_projection", of_night, chart=Drawing(charts.viral_projection))


@dg.asset(**asset_of("cohorts.viral_sensitivity"))
def viral_sensitivity(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """What k and growth become under other invite conversions, beside what was printed for them."""
    return publish(
        context, warehouse, "cohorts.viral_sensitivity",
        lambda night: sensitivity_rows(as_of=night.as_of, policy=night.workspace.virality),
        chart=Drawing(charts.viral_sensitivity),
    )  # fmt: skip


# -- paths ------------------------------------------------------------------------------------------------------------

BEFORE_STAYING = ["behavior.milestones", "behavior.activity", "ingest.users", "ingest.accounts"]
BEFORE_PAYING = [*BEFORE_STAYING, "ingest.subscriptions"]


@dg.asset(**asset_of("cohorts.golden_path", after=BEFORE_STAYING))
def golden_path(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """What users who activated and stayed did in their first days, against those who did not: lifts, the path, a sentence."""
    return publish(
        context,
        warehouse,
        "cohorts.golden_path",
        lambda night: paths.golden_path(
            night.warehouse, as_of=night.as_of, policy=night.workspace.paths, stored=night.has("behavior.activity")
        ),
        chart=Drawing(charts.golden_path),
    )


@dg.asset(**asset_of("cohorts.friction", after=["behavior.milestones", "ingest.users", "ingest.accounts"]))
def friction(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Where new users stop before activation; the worst points by users lost × how much the step goes with activating."""
    return publish(
        context,
        warehouse,
        "cohorts.friction",
        lambda night: paths.friction(night.warehouse, as_of=night.as_of, policy=night.workspace.paths),
        chart=Drawing(charts.friction_points),
    )


@dg.asset(**asset_of("cohorts.gates", after=[*BEFORE_PAYING, "behavior.user_days"]))
def gates(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """What follows limits, prices, prompts and guidance, within 1, 7 and 30 days, beside those who did not meet them."""
    return publish(
        context,
        warehouse,
        "cohorts.gates",
        lambda night: paths.gates(
            night.warehouse, as_of=night.as_of, policy=night.workspace.paths, stored=night.has("behavior.activity")
        ),
        chart=Drawing(charts.gate_rates),
    )


@dg.asset(**asset_of("cohorts.conversion_associations", after=[*BEFORE_PAYING, "behavior.feature_activity"]))
def conversion_associations(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Which features go with conversion, adjusted for tenure and segment and tested together; association, not cause."""
    return publish(
        context,
        warehouse,
        "cohorts.conversion_associations",
        lambda night: paths.conversion_associations(
            night.warehouse,
            as_of=night.as_of,
            policy=night.workspace.paths,
            stored=night.has("behavior.activity"),
            features_stored=night.has("behavior.feature_activity"),
        ),
        chart=Drawing(charts.conversion_associations),
    )
