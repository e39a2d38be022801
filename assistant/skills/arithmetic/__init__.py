"""Arithmetic and units, exact: expressions as they are said, evaluated with fractions and a units library."""
