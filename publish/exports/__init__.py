"""What leaves the release as files for people: key figures as XLSX, CSV and Parquet."""
