"""What two engines share: the expression parser, file readers, checkpoints, the jailed worker."""
