"""Named attacks on the wall between tenants, one registry a door, so that they can be counted and rerun.

In: a stage, on which the attacker is one tenant and the victim another. Out: what the attacker got to see.
"""
