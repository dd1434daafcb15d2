"""What staff write about a pupil. It hangs on the pupil, and follows when the hub makes two records one."""
