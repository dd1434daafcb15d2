"""A change of MIS or provider: everybody's link is carried to the new source, rehearsed before it is done."""
