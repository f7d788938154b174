"""The release in bulk, for machines: tables, maps, SDMX-CSV, and the metadata that say what they are."""
