"""Third parties: the register with fit, certificates, reviews, keys, vulnerabilities and uptime, and what control R5 rests on."""
