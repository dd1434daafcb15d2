"""Tests of Admin Hub."""
