"""Django: tables, admin, REST API, dashboard, management commands."""
