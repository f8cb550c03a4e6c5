"""Sharing between departments: asked for, answered, granted, used and ended as Order 809 has it.

`exchange.workflow` is the one table of what can happen to a request and to a grant. Here, `asking`
is the side of the department that wants data, `deciding` the side of the one that holds it,
`matrix` says what a grant would show, `grants` is what every door checks at each call,
`lifecycle` how a grant is suspended and ended, `clocks` until when somebody has to act.
"""
