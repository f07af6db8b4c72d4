"""The behavior stage: additive roll-ups of what became known on each received day, and the activity that follows from them."""

import datetime as dt

import dagster as dg

from assets.declare import asset_of
from assets.publishing import Night, publish, work_on
from plg_orchestration.behavior import queries
from plg_orchestration.behavior.steps import forget_other_steps
from plg_orchestration.behavior.tables import ACTIVITY, FEATURE_ACTIVITY
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Rows, Table

EVENTS = ["ingest.events", "ingest.users"]


@dg.asset(**asset_of("behavior.user_days", after=EVENTS))
def user_days(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Who did what on which day, as known on each received day; every window is summed from this."""
    return publish(context, warehouse, "behavior.user_days", _user_days, at_once=True)


@dg.asset(**asset_of("behavior.user_features", after=EVENTS))
def user_features(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Which core features each user used on which day, as known on each received day."""
    return publish(context, warehouse, "behavior.user_features", _user_features, at_once=True)


@dg.asset(**asset_of("behavior.visitor_days", after=EVENTS))
def visitor_days(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Which anonymous visitors came on which day, as known on each received day; unique visitors of a period follow from this."""
    return publish(context, warehouse, "behavior.visitor_days", _visitor_days, at_once=True)


@dg.asset(**asset_of("behavior.milestones", after=[*EVENTS, "behavior.step_events", "behavior.user_days"]))
def milestones(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """When each user and account first reached every role: signup, onboarding steps, activation, limits, payment.

    A received day has a row when it tells a first time, or an earlier one than was known; changes of plan, trials and
    payment details are kept every time.
    """
    return publish(context, warehouse, "behavior.milestones", _milestones, at_once=True)


@dg.asset(**asset_of("behavior.account_days", after=["behavior.user_days"]))
def account_days(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """What each account's users did together on which day, as known on each received day; numbers of users do not add up."""
    return publish(context, warehouse, "behavior.account_days", _account_days, at_once=True)


@dg.asset(**asset_of("behavior.sessions", after=EVENTS))
def sessions(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """When each visit began and ended: by the events' session ids, else by idle minutes, over midnight too.

    A session that reaches us on several days has a part on each: take the earliest start, the latest end and the sums.
    """
    return publish(context, warehouse, "behavior.sessions", _sessions, at_once=True)


@dg.asset(**asset_of("behavior.step_events", after=EVENTS))
def step_events(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Every occurrence of the events that funnels and activation rules name, so that neither reads raw events.

    When a funnel or rule names an event that was not kept until now, all days are built anew.
    """
    with work_on(context, warehouse) as work:
        forget_other_steps(work.warehouse)
        return work.publish("behavior.step_events", _step_events, at_once=True)


@dg.asset(**asset_of("behavior.activity", after=["behavior.user_days"]))
def activity(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """When each user and account was active in the last 63 days, weeks and months and the first 63 days, as bit masks.

    Yesterday's rows moved on by what was received today, at a cost that does not grow with history; where yesterday is
    missing, all of user_days is read once. When past days of user_days were built anew, build the days since then here too.
    """
    return publish(context, warehouse, "behavior.activity", _activity)


@dg.asset(**asset_of("behavior.feature_activity", after=["behavior.user_features"]))
def feature_activity(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """On which of the last 63 days each account, and each user without one, used each core feature, as bit masks.

    Yesterday's rows moved on by what was received today; where yesterday is missing, user_features is read once. When past days
    of user_features were built anew, build the days since then here too.
    """
    return publish(context, warehouse, "behavior.feature_activity", _feature_activity)


def _user_days(night: Night) -> Rows:
    return queries.user_days(as_of=night.as_of, first=night.first, policy=night.workspace.behavior)


def _user_features(night: Night) -> Rows:
    return queries.user_features(as_of=night.as_of, first=night.first)


def _visitor_days(night: Night) -> Rows:
    return queries.visitor_days(as_of=night.as_of, first=night.first)


def _milestones(night: Night) -> Rows:
    return queries.milestones(as_of=night.as_of, first=night.first)


def _account_days(night: Night) -> Rows:
    return queries.account_days(as_of=night.as_of, first=night.first)


def _sessions(night: Night) -> Rows:
    return queries.sessions(as_of=night.as_of, first=night.first, policy=night.workspace.behavior)


def _step_events(night: Night) -> Rows:
    return queries.step_events(as_of=night.as_of, first=night.first)


def _activity(night: Night) -> Rows:
    held = _has_yesterday(night, ACTIVITY)
    return queries.next_activity(as_of=night.as_of) if held else queries.activity(as_of=night.as_of)


def _feature_activity(night: Night) -> Rows:
    held = _has_yesterday(night, FEATURE_ACTIVITY)
    return queries.next_feature_activity(as_of=night.as_of) if held else queries.feature_activity(as_of=night.as_of)


def _has_yesterday(night: Night, declared: Table) -> bool:
    return night.warehouse.status(declared, night.as_of.date - dt.timedelta(days=1)) == ("built", None)
