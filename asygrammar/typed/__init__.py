"""From signatures and a scope to the grammar of the next statement: the typed level.

What it accepts is, by construction, a statement of the subset in canonical layout whose names are
declared and whose types fit. It knows nothing of values: division by zero is not its business.
"""
