"""The demo's mailbox: takes every e-mail over SMTP and shows it; nothing leaves the machine."""
