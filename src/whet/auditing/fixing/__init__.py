"""The cleaned copy: the edits of an audit, and a person's decisions, written beside the untouched original."""
