"""The rows that KPIs count, by name, and the words that several declarations share. The queries are in `populations.py`."""

import datetime as dt

from plg_orchestration.kpis.model import Population

NEW_USERS = Population("new_users", clock="signup_at")
NEW_USERS_BY_DAY = Population("new_users", clock="signup_date", calendar=True)
ACTIVATED_USERS = Population("activated_users", clock="activated_date", calendar=True)
ACTIVE_USERS = Population("active_users")
ACTIVE_TALLIES = Population("active_tallies")
FREE_USERS = Population("free_users")
NEW_ACCOUNTS = Population("new_accounts", clock="signup_at")
ACCOUNT_PERIODS = Population("account_periods")
CONTRACTS = Population("contracts")
ACQUISITION_ROWS = Population("acquisition")
EXPANDED_ACCOUNTS = Population("expanded_accounts")
ACTIVATED_ACCOUNTS = Population("activated_accounts")
QUALIFIED_LEADS = Population("qualified_leads", clock="qualified_date", calendar=True)
MARKETING_LEADS = Population("marketing_leads", clock="qualified_date", calendar=True)
SENT_INVITES = Population("sent_invites", clock="sent_at")
FIRST_INVITERS = Population("first_inviters")
VISITORS = Population("visitors")
VIRAL_PEOPLE = Population("viral_people")
TOURED_USERS = Population("toured_users", clock="started_at")
SUPPORT_INCIDENTS = Population("support_incidents", clock="incident_date", calendar=True)
HELP_AND_TICKETS = Population("help_and_tickets", clock="incident_date", calendar=True)
HELPED_USERS = Population("helped_users")
SURVEY_ANSWERS = Population("survey_answers")
THRESHOLD_CROSSINGS = Population("threshold_crossings")
SCORED_USERS = Population("scored_users")

DAY = dt.timedelta(days=1)
NOBODY_SIGNED_UP = "nobody signed up in the period"
NOBODY_PAID = "no account was paying at the period's start"
NOBODY_PAID_A_YEAR_AGO = "no account was paying a year before the period's end"
NOBODY_ACTIVE = "nobody was active in the period"
NOBODY_QUALIFIED = "nobody first qualified as a lead in the period"
NO_CUSTOMER = "no account first paid in the period"
NO_VISITORS = "no visitor came in the period who was not known as a user before"
