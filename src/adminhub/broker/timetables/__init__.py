"""A school's timetable: its rooms and periods, which class is when and where, and so the lessons of this week."""
