"""The auditor's way in: ten questions with where each is answered, as a page of the documentation and as MLflow's guide."""
