"""People of the parties that this node hosts: who they are, what they may, how they log in. Never in the log."""
