"""How a school's exports come by themselves: seeing it, changing it, and the address they are sent to."""
