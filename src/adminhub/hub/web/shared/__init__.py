"""What the hub's areas share: who may open a page, the frame of a school's pages, lists."""
