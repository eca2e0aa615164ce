"""One file a command of `kefu`; together with cli.py the composition root: only here may every package meet."""
