"""Whether customers are unhappier, or write of other things, than chance explains."""
