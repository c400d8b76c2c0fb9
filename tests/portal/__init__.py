"""One made-up portal, and the forms in which the product and spreadsheets write it."""
