"""What a serving process tells of itself: metrics, its log, whether it moves on."""
