"""Who has left the MIS, and what a school does with them: a plan like any other. A sync deletes none of them."""
