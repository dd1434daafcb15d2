"""Who is who: candidates, evidence and verdicts with reasons; pure."""
