"""A city to try the platform with. Everything in it is invented; nothing describes a real place.

`__main__` starts and stops, `city` builds through the verbs, `entries` says what is published and
how, `rows` and `inputs` make what the departments hold, `report` and `calls` show what came of it.
"""
