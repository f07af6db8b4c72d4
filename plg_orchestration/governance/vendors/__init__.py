"""Third parties: the vendors that receive product data, their certificates, weaknesses and availability."""
