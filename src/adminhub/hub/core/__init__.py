"""What every room needs: school scope, row-level security, audit trail."""
