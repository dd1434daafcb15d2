"""Commands of this room, run by `./hub manage broker`."""
