"""What leaves the release as files for people: key figures as XLSX, CSV and Parquet."""

# Natures of figures by which territories of any size are compared.
COMPARED = ("ratio", "mediane", "moyenne")
