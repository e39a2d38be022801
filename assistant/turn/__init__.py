"""One turn, from what was heard to what is answered, and what is thought of it while somebody still speaks."""
