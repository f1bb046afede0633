"""Printed pages: a case, a record or a group of them as a page that is filed, as PDF where that can be made."""
