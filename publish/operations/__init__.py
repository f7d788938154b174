"""What keeps the reference running for years: calendar, room, retirement, journal of runs, words sent out."""
