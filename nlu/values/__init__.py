"""What customers write and a company counts with: days, times, money, quantities, phones."""
