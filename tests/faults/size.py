"""How much of the suite runs: a few of each in CI, all with KEFU_FAULTS=whole (`make faults`)."""

import os

IS_WHOLE = os.environ.get("KEFU_FAULTS") == "whole"
KILLS = int(os.environ.get("KEFU_KILLS", 200 if IS_WHOLE else 2))  # of each channel on each database
CUSTOMERS = 20
BACK_WITHIN_S = 10.0  # after the end of a fault
