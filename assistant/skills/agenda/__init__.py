"""Timers, alarms, reminders and commands for later: what is due when, durably, and what happens then."""
