"""From series of a tenant to what a person is told: findings, merged into incidents, within a budget."""
