"""PostgreSQL: the embedded server, migrations, connections, the closer and the stores behind the query ports."""
