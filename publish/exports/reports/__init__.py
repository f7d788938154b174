"""Printed reports: the portrait of a territory and the regional dashboard, as PDF (Typst) and as HTML."""
