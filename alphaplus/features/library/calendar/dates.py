"""Compiled calendar arithmetic on UTC milliseconds: dates, and the summer time of Europe and the United States."""

from alphaplus.features.state import compiled

HOUR_MS = 3_600_000
DAY_MS = 86_400_000


@compiled
def civil(day):
    """Year and month of a day number since the epoch (Hinnant, chrono-compatible date algorithms)."""
    shifted = day + 719_468
    era = shifted // 146_097
    of_era = shifted - era * 146_097
    year_of_era = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * of_year + 2) // 153
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    year = year_of_era + era * 400 + (1 if month <= 2 else 0)
    return year, month


@compiled
def day_number(year, month, day):
    """Days since the epoch of a date (Hinnant)."""
    shifted = year - 1 if month <= 2 else year
    era = shifted // 400
    of_era = shifted - era * 400
    months = month - 3 if month > 2 else month + 9
    of_year = (153 * months + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


@compiled
def weekday(day):
    """Day of the week of a day number, Monday 0."""
    return (day + 3) % 7


@compiled
def sunday_from(year, month, day):
    """Day number of the first Sunday at or after a date."""
    first = day_number(year, month, day)
    return first + (6 - weekday(first))


@compiled
def london_summer(year):
    """Summer time of London, as day numbers: from the last Sunday of March to the last of October."""
    return sunday_from(year, 3, 25), sunday_from(year, 10, 25)


@compiled
def new_york_summer(year):
    """Summer time of New York by the rule since 2007, as day numbers: second Sunday of March to first of November."""
    return sunday_from(year, 3, 8), sunday_from(year, 11, 1)
