"""Who is asking: API keys. After this package only a TenantId travels."""
