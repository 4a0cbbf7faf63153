"""The hub's own packages: domain words, storage, tenancy, pricing, query, API and command line."""
