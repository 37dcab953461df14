"""The console served from a party's own machine: its files from here, the API from the node."""
