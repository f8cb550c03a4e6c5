"""Webhooks: what happened is told to addresses that apps registered.

    verb or sync ──> event ──> deliveries ──> signed POST ──> retried, given up, switched off
      (its own        (events)  (spreading)    (posting)       (sending)
       transaction)

At least once, each event with a number, no order promised. docs/webhooks.md is for receivers.
"""
