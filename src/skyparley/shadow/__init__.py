"""The shadow of another DSS: what is asked of that one is asked here too, and every difference in the answers is told.

`proxy` forwards and answers; what was said goes by a bounded queue (`passages`) to `follower`, which puts it to the
node here, compares by `pairs`, and keeps the node here in step (`step`).
"""
