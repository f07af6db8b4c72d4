"""Who may route leads: gates over a challenger's figures, and the champion with its ledger."""
