"""Configuration of a workspace: `plg.yaml`, its strict loader, the packaged defaults and the tables that SQL reads them from."""
