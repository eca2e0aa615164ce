"""What breaks around a desk, and what must hold all the same. KEFU_FAULTS=whole runs it at full size."""
