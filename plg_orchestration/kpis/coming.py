"""The KPIs that are named and defined but not computed yet, each with its question.

A KPI moves from here to `registry.py` when it is computed. Targets and benchmarks may name those here already.
"""

from plg_orchestration.kpis.model import ComingKpi

COMING: tuple[ComingKpi, ...] = (
    ComingKpi("signup_conversion_rate", "acquisition", "Of the unique visitors, what share signed up?"),
    ComingKpi("time_to_first_signup", "acquisition", "How many seconds pass from a visitor's first page view to the signup?"),
    ComingKpi("time_to_invite", "acquisition", "How many days pass from signup to the first invite sent?"),
    ComingKpi("invite_to_activation", "acquisition", "Of the invites accepted, what share brought an activated user?"),
    ComingKpi("referral_conversion", "acquisition", "Of the referrals sent, what share was accepted?"),
    ComingKpi("referral_share", "acquisition", "Of the signups, what share was referred?"),
    ComingKpi("cac_by_channel", "acquisition", "What does one new paying customer of a channel cost?"),
    ComingKpi("cac_payback", "acquisition", "After how many months has a customer's gross margin paid for acquiring it?"),
    ComingKpi("ltv_to_cac", "acquisition", "How often does a customer's lifetime margin cover what acquiring it cost?"),
    ComingKpi("activation_day_1", "activation", "Of the new users, what share activated on day 1?"),
    ComingKpi("onboarding_completion", "activation", "Of the new users, what share completed the onboarding within 7 days?"),
    ComingKpi("core_feature_adoption", "activation", "Of the active users, what share used a core feature?"),
    ComingKpi("guidance_completion", "activation", "Of the tours started, what share was completed?"),
    ComingKpi("activation_dropoff", "activation", "Of the users not activated by day n, what share was not seen again?"),
    ComingKpi("session_frequency", "engagement", "How many sessions does a weekly active user have in a week?"),
    ComingKpi("feature_breadth", "engagement", "How much of the core features does an active user use, on a scale from 0 to 5?"),
    ComingKpi("depth", "engagement", "How many core-feature events does an active user have?"),
    ComingKpi("frequency", "engagement", "On how many days is an active user active?"),
    ComingKpi("time_to_conversion", "monetization", "How many days pass from signup to the first paid day?"),
    ComingKpi("gross_revenue_retention", "monetization", "How much of the MRR at the start do its payers still pay, at most?"),
    ComingKpi("net_revenue_retention", "monetization", "How much do the payers of the start pay now, expansion included?"),
    ComingKpi("average_contract_value", "monetization", "What is the mean annualized value of the active contracts?"),
    ComingKpi("arr_growth", "monetization", "How much has ARR grown against the same day a year before?"),
    ComingKpi("pql_conversion", "monetization", "Of the product-qualified leads, what share became paying customers?"),
    ComingKpi("pql_volume", "monetization", "How many leads qualified in the period?"),
    ComingKpi("pql_lead_velocity", "monetization", "Of the activated users, what share qualified?"),
    ComingKpi("pql_to_opportunity", "monetization", "Of the qualified leads, what share became an opportunity?"),
    ComingKpi("expansion_velocity", "monetization", "How many days pass from activation to the first expansion?"),
    ComingKpi("activation_score_velocity", "health", "How many hours until a user reaches the activation score's threshold?"),
    ComingKpi("friction_score", "health", "How many attempts to help oneself come on one ticket?"),
    ComingKpi("stakeholder_coverage", "health", "How many distinct roles are active in an account?"),
    ComingKpi("nps", "health", "What share of the asked would recommend the product, less the share that would not?"),
    ComingKpi("csat", "health", "How satisfied are the asked, on a scale from 1 to 5?"),
)
